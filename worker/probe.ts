// Tries every provider here: does it open, and how fast is it.
import { UserError } from "../schema/failure.ts";
import type { Gpu } from "../schema/job.ts";
import type { CudaVariables, ProviderName } from "../schema/provider.ts";
import { type MeasuredBreakEven, measureBreakEven } from "./experiments/krr/resident/break-even.ts";
import { openCuda } from "./linalg/cuda.ts";
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

/** What NVML tells of this machine's GPUs, and why of none or not of all. */
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
  return { driver: monitor.driver, gpus, why: monitor.troubles.length > 0 ? monitor.troubles.join("; ") : null };
}

export interface GpuBreakEven {
  readonly device: string;
  readonly breakEven: readonly MeasuredBreakEven[];
}

/** Orders of kernel matrices that are worth a GPU, as far as they fit the budget. */
const BREAK_EVEN_ORDERS = [500, 1_000, 2_000, 4_000, 8_000];

/** Measures the first GPU's routes, within about the budget; null where none opens. */
export function probeBreakEven(variables: CudaVariables, budgetMs: number): GpuBreakEven | null {
  const { provider } = openCuda(variables);
  if (provider?.device === undefined) return null;
  try {
    const breakEven = measureBreakEven(provider.device, {
      orders: BREAK_EVEN_ORDERS, budgetMs, now: () => performance.now(),
    });
    return { device: provider.detail, breakEven };
  } finally {
    provider.session.close();
  }
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
