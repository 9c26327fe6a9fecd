// The GPUs of this machine, through NVML: found, pinned to processes, watched.
//
// NVML needs no CUDA context, so that a process that computes nothing can ask; it sees every GPU,
// whatever CUDA_VISIBLE_DEVICES says, in the order of the bus. Processes are therefore pinned by
// UUID, which means the same to both.
import type { CudaVariables } from "../../../schema/provider.ts";
import { openManagement } from "./libraries.ts";
import type { NativeLibrary } from "./functions.ts";
import { cText } from "./session.ts";

export interface Gpu {
  /** On the bus, from 0. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
}

export interface GpuLoad {
  readonly index: number;
  readonly name: string;
  /** Share of the last sampling period (1/6 to 1 s) in which a kernel ran, 0 to 1. */
  readonly busy: number;
  readonly memoryUsedBytes: number;
  readonly memoryBytes: number;
}

export interface GpuMonitor {
  /** Those that CUDA_VISIBLE_DEVICES leaves visible. */
  readonly gpus: readonly Gpu[];
  /** Such as 550.54.15. */
  readonly driver: string;
  /** What each of them does now. Throws ComputeError if one does not answer. */
  loads(): readonly GpuLoad[];
  close(): void;
}

/** The monitor, or null and why there is none. Never throws. */
export function openGpuMonitor(
  variables: CudaVariables,
): { readonly monitor: GpuMonitor; readonly why: null } | { readonly monitor: null; readonly why: string } {
  try {
    return { monitor: monitorOver(openManagement(variables), variables), why: null };
  } catch (error) {
    return { monitor: null, why: error instanceof Error ? error.message : String(error) };
  }
}

/** The GPUs that this machine offers; none where it has none. Never throws. */
export function detectGpus(variables: CudaVariables): readonly Gpu[] {
  const { monitor } = openGpuMonitor(variables);
  monitor?.close();
  return monitor?.gpus ?? [];
}

/** What a process has in its environment that shall see this GPU and no other. */
export function environmentOf({ uuid }: Gpu): Readonly<Record<string, string>> {
  return { CUDA_VISIBLE_DEVICES: uuid };
}

type Management = NativeLibrary<"management">;

function monitorOver(nvml: Management, variables: CudaVariables): GpuMonitor {
  nvml.call("nvmlInit_v2");
  const text = new Uint8Array(96);
  nvml.call("nvmlSystemGetDriverVersion", text, text.length);
  const driver = cText(text);
  const count = new Uint32Array(1);
  nvml.call("nvmlDeviceGetCount_v2", count);
  const all = Array.from({ length: count[0]! }, (_, index) => described(nvml, index));
  const seen = all.filter(({ gpu }) => isVisible(gpu, variables["CUDA_VISIBLE_DEVICES"]));
  return {
    gpus: seen.map(({ gpu }) => gpu),
    driver,
    loads: () => seen.map((one) => loadOf(nvml, one)),
    close: () => nvml.call("nvmlShutdown"),
  };
}

interface Handled {
  readonly gpu: Gpu;
  readonly handle: number;
}

function described(nvml: Management, index: number): Handled {
  const out = new BigUint64Array(1);
  nvml.call("nvmlDeviceGetHandleByIndex_v2", index, out);
  const handle = Number(out[0]!);
  const read = (symbol: "nvmlDeviceGetName" | "nvmlDeviceGetUUID"): string => {
    const text = new Uint8Array(96);
    nvml.call(symbol, handle, text, text.length);
    return cText(text);
  };
  const { total } = memoryOf(nvml, handle);
  const gpu = { index, uuid: read("nvmlDeviceGetUUID"), name: read("nvmlDeviceGetName"), memoryBytes: total };
  return { gpu, handle };
}

/** nvmlMemory_t: total, free and used, each 64 bits. */
function memoryOf(nvml: Management, handle: number): { total: number; used: number } {
  const memory = new BigUint64Array(3);
  nvml.call("nvmlDeviceGetMemoryInfo", handle, memory);
  return { total: Number(memory[0]!), used: Number(memory[2]!) };
}

/** nvmlUtilization_t: percent of time that kernels ran, and that memory was read or written. */
function loadOf(nvml: Management, { gpu, handle }: Handled): GpuLoad {
  const rates = new Uint32Array(2);
  nvml.call("nvmlDeviceGetUtilizationRates", handle, rates);
  const { total, used } = memoryOf(nvml, handle);
  return { index: gpu.index, name: gpu.name, busy: rates[0]! / 100, memoryUsedBytes: used, memoryBytes: total };
}

/** As CUDA reads the variable: indices or beginnings of UUIDs; nothing at all hides every GPU. */
function isVisible({ index, uuid }: Gpu, visible: string | undefined): boolean {
  if (visible === undefined) return true;
  return visible.split(",").map((one) => one.trim())
    .some((one) => one === String(index) || (one.startsWith("GPU-") && uuid.startsWith(one)));
}
