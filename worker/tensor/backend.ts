// The door to tensors: opens one tfjs backend for this thread, by name or by measuring.
//
// tfjs has one engine per thread, so a thread has one backend at a time; all of its tensors live
// there. No silent fallback: a named backend opens or an error says why not and how to get it.
import * as tf from "@tensorflow/tfjs-core";
import { ComputeError, UserError } from "../../schema/failure.ts";
import type { BackendChoice, BackendName } from "../../schema/provider.ts";
import { complaintFailure } from "./device-failure.ts";
import { fastest } from "./measure.ts";
import { openCpu } from "./open-cpu.ts";
import { openTensorflow } from "./open-tensorflow.ts";
import { openWasm } from "./open-wasm.ts";
import { openWebgpu } from "./open-webgpu.ts";
import type { BackendOptions, BackendRemark, Opened } from "./opened.ts";

export interface TensorBackend {
  readonly name: BackendName;
  /** What computes, in words: "SIMD, 1 thread", or the GPU's name. */
  readonly device: string;
  /** Whether the same work gives the same bits again on this machine. */
  readonly isReproducible: boolean;
  /** What `auto` saw of each candidate; empty for a named backend. */
  readonly remarks: readonly BackendRemark[];
  /**
   * Call before results are believed: some devices fail behind the operators' back.
   * @throws ComputeError resource, such as out_of_device_memory.
   */
  check(): void;
  /** Frees everything that it holds and starts afresh: after a failed job, or at the end. */
  reset(): Promise<void>;
}

const OPENERS: Readonly<Record<BackendName, (options: BackendOptions) => Promise<Opened>>> = {
  tensorflow: openTensorflow,
  webgpu: openWebgpu,
  wasm: openWasm,
  cpu: openCpu,
};

/** What `auto` tries. Plain JavaScript is left out: wasm runs wherever it does, 100 times faster. */
export const CANDIDATES = ["tensorflow", "webgpu", "wasm"] as const satisfies readonly BackendName[];

/**
 * Opens a backend and makes it this thread's. `auto` opens what there is and keeps the fastest.
 *
 * @throws UserError, one line, if the named backend, or for `auto` every one, cannot be opened.
 */
export async function openBackend(
  choice: BackendChoice,
  options: BackendOptions = {},
): Promise<TensorBackend> {
  tf.enableProdMode(); // no advice on the console
  if (choice !== "auto") {
    const opened = await OPENERS[choice](options);
    if (!opened.ok) throw new UserError(`tensor backend ${choice}: ${opened.why}`);
    return backendOf(choice, opened, [], options);
  }
  const remarks: BackendRemark[] = [];
  const open = new Map<BackendName, Opened & { readonly ok: true }>();
  for (const name of CANDIDATES) {
    const opened = await OPENERS[name](options);
    if (opened.ok) open.set(name, opened);
    else remarks.push({ name, isOpen: false, text: opened.why });
  }
  const names = [...open.keys()];
  const best = names.length > 1 ? await fastest(names, remarks) : names[0];
  const opened = best === undefined ? undefined : open.get(best);
  if (best === undefined || opened === undefined) {
    const reasons = remarks.map(({ name, text }) => `${name}: ${text}`).join("; ");
    throw new UserError(`no tensor backend can be opened: ${reasons}`);
  }
  await tf.setBackend(best);
  return backendOf(best, opened, remarks, options);
}

/** What a named backend would be here, or why it cannot be opened and how to get it. */
export async function describeBackend(name: BackendName): Promise<Opened> {
  return OPENERS[name]({});
}

function backendOf(
  name: BackendName,
  opened: Opened & { readonly ok: true },
  remarks: readonly BackendRemark[],
  options: BackendOptions,
): TensorBackend {
  const { device, isReproducible } = opened;
  let complaint = opened.complaint;
  return {
    name,
    device,
    isReproducible,
    remarks,
    check() {
      const words = complaint?.() ?? null;
      if (words === null) return;
      throw complaintFailure(words, name) ?? new ComputeError("resource", "device_failed", `${name}: ${words}`);
    },
    async reset() {
      tf.engine().reset();
      const again = await OPENERS[name](options);
      if (again.ok) complaint = again.complaint;
      else throw new ComputeError("resource", "backend_lost", `${name}: ${again.why}`);
    },
  };
}
