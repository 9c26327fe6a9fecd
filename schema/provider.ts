// Who computes: dense float64 linear algebra, and float32 tensors.
import { z } from "zod";

export const ProviderName = z.enum(["portable", "openblas", "cuda"]);
export type ProviderName = z.infer<typeof ProviderName>;

/** What a user may ask for; `auto` takes the fastest that opens and says what it passed over. */
export const ProviderChoice = z.enum(["auto", "portable", "openblas", "cuda"]);
export type ProviderChoice = z.infer<typeof ProviderChoice>;

/** Of the environment: what says where CUDA's libraries are, and which GPUs may be used. */
const CUDA_VARIABLES = [
  "NEARCLONE_CUDA_LIBS", "CUDA_VISIBLE_DEVICES", "VIRTUAL_ENV", "CONDA_PREFIX", "CUDA_HOME", "CUDA_PATH", "PATH", "HOME",
];
export type CudaVariables = Readonly<Record<string, string>>;

/** Those that are set; of CUDA_VISIBLE_DEVICES it matters that it is set to nothing. */
export function cudaVariables(env: Readonly<Record<string, string | undefined>>): CudaVariables {
  return Object.fromEntries(CUDA_VARIABLES.flatMap((name) => {
    const value = env[name];
    const isSet = value !== undefined && (value !== "" || name === "CUDA_VISIBLE_DEVICES");
    return isSet ? [[name, value]] : [];
  }));
}

/** Who trains networks, in float32. */
export const BackendName = z.enum(["tensorflow", "webgpu", "wasm", "cpu"]);
export type BackendName = z.infer<typeof BackendName>;

/** What a user may ask for; `auto` measures what opens, says what it saw, and takes the fastest. */
export const BackendChoice = z.enum(["auto", "tensorflow", "webgpu", "wasm", "cpu"]);
export type BackendChoice = z.infer<typeof BackendChoice>;
