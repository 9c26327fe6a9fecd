// Opens the provider that was asked for; only "auto" falls back, and it says what it passed over.
import { UserError } from "../../schema/failure.ts";
import type { CudaVariables, ProviderChoice, ProviderName } from "../../schema/provider.ts";
import { type CudaSearch, openCuda } from "./cuda.ts";
import { openOpenblas } from "./openblas.ts";
import { createPortable } from "./portable.ts";
import type { LinalgProvider } from "./provider.ts";

export interface OpenOptions {
  /** A BLAS library to try before the usual places (NEARCLONE_BLAS). */
  readonly blasPath?: string | undefined;
  /** BLAS threads per call, for the whole process; default 1. */
  readonly threads?: number | undefined;
  /** What says where CUDA's libraries are; default: nothing is set. */
  readonly cuda?: CudaVariables | undefined;
}

export interface OpenedProvider {
  readonly provider: LinalgProvider;
  /** What was tried and did not do, one line each: for `doctor` and the log. */
  readonly rejected: readonly string[];
}

interface Attempt {
  readonly provider: LinalgProvider | null;
  readonly misses: readonly string[];
}

interface Opener {
  readonly open: (options: OpenOptions) => Attempt;
  /** What the user can do where it does not open. */
  readonly remedy: string;
}

const OPENERS: Readonly<Record<ProviderName, Opener>> = {
  cuda: {
    open: openCudaBeside,
    remedy: "it needs an NVIDIA GPU with its driver, and CUDA's runtime, cuBLAS, cuSOLVER and NVRTC " +
      "(pip, conda or the toolkit), or NEARCLONE_CUDA_LIBS",
  },
  openblas: {
    open: openOpenblas,
    remedy: "apt-get install libopenblas0-pthread, or set NEARCLONE_BLAS",
  },
  portable: {
    open: attemptPortable,
    remedy: "it needs WebAssembly with SIMD: run Node without --jitless, on a 64-bit processor",
  },
};

/**
 * Fastest first, of those that any thread may take. A GPU is not: `cuda` is asked for by name, by a
 * user or by a worker that found GPUs and gives each a process (../start-on-gpus.ts).
 */
const PREFERENCE: readonly ProviderName[] = ["openblas", "portable"];

/**
 * Opens a provider on the calling thread; cheap enough to do on each.
 * @throws UserError if the provider named does not open, with the reasons and the remedy.
 */
export function openProvider(choice: ProviderChoice, options: OpenOptions = {}): OpenedProvider {
  const rejected: string[] = [];
  for (const name of choice === "auto" ? PREFERENCE : [choice]) {
    const { provider, misses } = attempt(name, options);
    if (provider !== null) return { provider, rejected: [...rejected, ...misses] };
    if (choice !== "auto") throw unavailable(name, misses);
    rejected.push(`${name}: ${misses.join("; ")}`);
  }
  throw new UserError(`no linear algebra provider at all (${rejected.join("; ")})`);
}

/** A GPU, and beside it the fastest provider of the host for what is too small for one. */
export function openCudaBeside(options: OpenOptions): CudaSearch {
  return openCuda(options.cuda, () => openOpenblas(options).provider ?? createPortable());
}

function attempt(name: ProviderName, options: OpenOptions): Attempt {
  return OPENERS[name].open(options);
}

function attemptPortable(): Attempt {
  try {
    return { provider: createPortable(), misses: [] };
  } catch (error) {
    return { provider: null, misses: [error instanceof Error ? error.message : String(error)] };
  }
}

function unavailable(name: ProviderName, misses: readonly string[]): UserError {
  return new UserError(
    `no linear algebra provider "${name}" (${misses.join("; ")}): ${OPENERS[name].remedy}`,
  );
}
