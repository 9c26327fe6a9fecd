// Tries every provider here: does it open, and how fast is it.
import { UserError } from "../schema/failure.ts";
import type { Gpu } from "../schema/job.ts";
import type { CudaVariables, ProviderName } from "../schema/provider.ts";
import { openGpuMonitor } from "./linalg/cuda/gpus.ts";
import { openProvider } from "./linalg/choose.ts";
import { measureProvider, type ProviderSpeed } from "./linalg/measure.ts";

export type Probed =
  | {
      readonly name: ProviderName;
      readonly opened: true;
      /** Version, core type, where it was found. */
      readonly detail: string;
      /** Of one thread. */
      readonly speed: ProviderSpeed;
    }
  | { readonly name: ProviderName; readonly opened: false; readonly why: string };

const PROBED: readonly ProviderName[] = ["cuda", "openblas", "portable"];

/** What NVML tells of this machine's GPUs, or why it tells nothing. */
export interface ProbedGpus {
  readonly driver: string | null;
  readonly gpus: readonly Gpu[];
  readonly why: string | null;
}

/** Never throws. */
export function probeGpus(variables: CudaVariables): ProbedGpus {
  const { monitor, why } = openGpuMonitor(variables);
  if (monitor === null) return { driver: null, gpus: [], why };
  const gpus = monitor.loads();
  monitor.close();
  return { driver: monitor.driver, gpus, why: null };
}

export interface ProbeOptions {
  readonly blasPath: string | null;
  readonly cuda?: CudaVariables;
  /** Time for each provider that opens, about. */
  readonly budgetMs: number;
}

/** Fastest first. Holds the calling thread for the budget of each provider. */
export function probeProviders({ blasPath, cuda, budgetMs }: ProbeOptions): readonly Probed[] {
  return PROBED.map((name): Probed => {
    try {
      const { provider } = openProvider(name, { blasPath: blasPath ?? undefined, cuda });
      const speed = measureProvider(provider, budgetMs, () => performance.now());
      return { name, opened: true, detail: provider.detail, speed };
    } catch (error) {
      if (error instanceof UserError) return { name, opened: false, why: error.message };
      throw error;
    }
  });
}
