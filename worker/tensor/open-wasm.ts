// tfjs on WebAssembly: always there; one thread, so a worker runs as many as it has cores.
//
// tfjs's threaded build starts its workers from a blob, which Node refuses (ERR_WORKER_PATH), and
// its reductions would depend on the number of threads; SIMD is used where the processor has it.
import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { ComputeError } from "../../schema/failure.ts";
import { type BackendOptions, firstLine, type Opened } from "./opened.ts";
import { registerWasmKernels } from "./wasm-kernels.ts";

/** A WebAssembly heap has 4 GiB; XNNPACK's packed filters and fragmentation need a part of it. */
const MEMORY_BYTES_MAX = 3.5 * 2 ** 30;

export async function openWasm(options: BackendOptions): Promise<Opened> {
  try {
    registerWasmKernels();
    if (tf.findBackendFactory("wasm") === null) return { ok: false, why: "tfjs did not register it" };
    if (!(await tf.setBackend("wasm"))) return { ok: false, why: "tfjs could not initialise it" };
    guardMemory(options.memoryBytesMax ?? MEMORY_BYTES_MAX);
    const hasSimd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
    const device = `${hasSimd === true ? "SIMD" : "no SIMD"}, 1 thread`;
    return { ok: true, device, isReproducible: true };
  } catch (error) {
    return { ok: false, why: firstLine(error) };
  }
}

/**
 * Turns a failed allocation into an error that names sizes. tfjs does not look at what malloc
 * returned: without this a full heap would have it write over address 0.
 */
function guardMemory(bytesMax: number): void {
  const backend = tf.backend();
  if (!(backend instanceof BackendWasm)) return;
  tf.zeros([1]).dispose(); // emscripten replaces its `_malloc` when it is first called
  const { wasm } = backend;
  const allocate: unknown = ALLOCATORS.get(wasm) ?? Reflect.get(wasm, "_malloc");
  if (typeof allocate !== "function") throw new TypeError("tfjs wasm has no malloc");
  ALLOCATORS.set(wasm, allocate);
  Reflect.set(wasm, "_malloc", (bytes: number) => {
    const used = tf.memory().numBytes;
    const address = used + bytes > bytesMax ? 0 : Number(allocate(bytes));
    if (address === 0 && bytes > 0) throw outOfMemory(bytes, used, bytesMax);
    return address;
  });
}

/** Each module's own malloc, so that opening twice guards once. */
const ALLOCATORS = new WeakMap<object, unknown>();

function outOfMemory(bytes: number, used: number, bytesMax: number): ComputeError {
  const mib = (value: number): string => `${Math.ceil(value / 2 ** 20)} MiB`;
  return new ComputeError(
    "resource",
    "out_of_device_memory",
    `wasm: ${mib(bytes)} beside ${mib(used)} of tensors do not fit in ${mib(bytesMax)}: lower training.batch`,
  );
}
