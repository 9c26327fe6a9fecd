// The GPUs of this machine, through NVML: found, pinned to processes, watched.
//
// NVML needs no CUDA context, so that a process that computes nothing can ask; it sees every GPU,
// whatever CUDA_VISIBLE_DEVICES says, in the order of the bus. Processes are therefore pinned by
// UUID, which means the same to both. A GPU that is cut into MIG slices is not to be computed on
// itself: each slice is a device, with memory and UUID of its own, of which CUDA shows a process one.
import type { Gpu } from "../../../schema/job.ts";
import type { CudaVariables } from "../../../schema/provider.ts";
import { openManagement } from "./libraries.ts";
import type { NativeLibrary } from "./functions.ts";
import { cText } from "./bytes-text.ts";

export interface DetectedGpu {
  /** On the bus, from 0; of a slice, that of its GPU. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** Compute capability, such as 9.0; null where it is not told. */
  readonly capability: string | null;
  readonly memoryBytes: number;
}

export interface GpuMonitor {
  /** Those that CUDA_VISIBLE_DEVICES leaves visible. */
  readonly gpus: readonly DetectedGpu[];
  /** What keeps visible GPUs from being used, and what would be right; mostly empty. */
  readonly troubles: readonly string[];
  /** Such as 550.54.15. */
  readonly driver: string;
  /** What each of them does now, as presence tells it; null for what it does not answer. */
  loads(): readonly Gpu[];
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
export function detectGpus(variables: CudaVariables): readonly DetectedGpu[] {
  const { monitor } = openGpuMonitor(variables);
  monitor?.close();
  return monitor?.gpus ?? [];
}

/** What a process has in its environment that shall see this GPU and no other. */
export function environmentOf({ uuid }: DetectedGpu): Readonly<Record<string, string>> {
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
  const found = Array.from({ length: count[0]! }, (_, index) => wholeOrSlices(nvml, index));
  const visible = variables["CUDA_VISIBLE_DEVICES"];
  const seen = found.flatMap(({ whole, slices }) =>
    (slices ?? [whole]).filter(({ gpu }) => isVisible(gpu, whole.gpu.uuid, visible)));
  const uncut = found.filter(({ whole, slices }) => slices?.length === 0 && isVisible(whole.gpu, whole.gpu.uuid, visible));
  return {
    gpus: seen.map(({ gpu }) => gpu),
    troubles: uncut.map(({ whole: { gpu: { index, name } } }) =>
      `GPU ${index} (${name}) is in MIG mode and not cut into slices: cut it (nvidia-smi mig -i ${index} -cgi …), or turn MIG off (nvidia-smi -i ${index} -mig 0)`),
    driver,
    loads: () => seen.map((one) => loadOf(nvml, one)),
    close: () => nvml.call("nvmlShutdown"),
  };
}

interface Handled {
  readonly gpu: DetectedGpu;
  readonly handle: number;
}

interface Found {
  readonly whole: Handled;
  /** null where it is not in MIG mode. */
  readonly slices: readonly Handled[] | null;
}

function wholeOrSlices(nvml: Management, index: number): Found {
  const out = new BigUint64Array(1);
  nvml.call("nvmlDeviceGetHandleByIndex_v2", index, out);
  const handle = Number(out[0]!);
  const [major, minor] = [new Int32Array(1), new Int32Array(1)];
  const isTold = nvml.status("nvmlDeviceGetCudaComputeCapability", handle, major, minor) === 0;
  const place = { index, capability: isTold ? `${major[0]}.${minor[0]}` : null };
  const whole = described(nvml, place, handle);
  const [mode, pending] = [new Uint32Array(1), new Uint32Array(1)];
  // Most GPUs have no such mode and answer that they do not support the question.
  const isCut = nvml.status("nvmlDeviceGetMigMode", handle, mode, pending) === 0 && mode[0] === 1;
  if (!isCut) return { whole, slices: null };
  const most = new Uint32Array(1);
  nvml.call("nvmlDeviceGetMaxMigDeviceCount", handle, most);
  const slices = Array.from({ length: most[0]! }, (_, at) =>
    (nvml.status("nvmlDeviceGetMigDeviceHandleByIndex", handle, at, out) === 0 ? [described(nvml, place, Number(out[0]!))] : []));
  return { whole, slices: slices.flat() };
}

/** @param place what a slice has of its GPU. */
function described(nvml: Management, place: Pick<DetectedGpu, "index" | "capability">, handle: number): Handled {
  const read = (symbol: "nvmlDeviceGetName" | "nvmlDeviceGetUUID"): string => {
    const text = new Uint8Array(96);
    nvml.call(symbol, handle, text, text.length);
    return cText(text);
  };
  // nvmlMemory_t: total, free and used, each 64 bits.
  const memory = new BigUint64Array(3);
  nvml.call("nvmlDeviceGetMemoryInfo", handle, memory);
  const [uuid, name] = [read("nvmlDeviceGetUUID"), read("nvmlDeviceGetName")];
  return { gpu: { ...place, uuid, name, memoryBytes: Number(memory[0]!) }, handle };
}

/** nvmlUtilization_t: percent of time that kernels ran, and that memory was read or written. */
function loadOf(nvml: Management, { gpu: { name, capability, memoryBytes }, handle }: Handled): Gpu {
  const rates = new Uint32Array(2);
  const memory = new BigUint64Array(3);
  // Some devices (MIG slices, old boards) do not tell; a presence must not fail for that.
  const isTold = nvml.status("nvmlDeviceGetUtilizationRates", handle, rates) === 0;
  const isKnown = nvml.status("nvmlDeviceGetMemoryInfo", handle, memory) === 0;
  return {
    name,
    ...(capability === null ? {} : { capability }),
    memoryBytes,
    usedBytes: isKnown ? Number(memory[2]!) : null,
    utilisation: isTold ? Math.min(1, rates[0]! / 100) : null,
  };
}

/**
 * As CUDA reads the variable: indices or beginnings of UUIDs; nothing at all hides every GPU. Who names a
 * GPU that is cut means all its slices.
 */
function isVisible({ index, uuid }: DetectedGpu, uuidOfWhole: string, visible: string | undefined): boolean {
  if (visible === undefined) return true;
  return visible.split(",").map((one) => one.trim()).some((one) => one === String(index) ||
    (one.startsWith("GPU-") && uuidOfWhole.startsWith(one)) || (one.startsWith("MIG-") && uuid.startsWith(one)));
}
