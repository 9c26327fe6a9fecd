// Errors of devices as failures: out of memory above all, which another batch or machine may cure.
import * as tf from "@tensorflow/tfjs-core";
import { ComputeError } from "../../schema/failure.ts";
import type { BackendName } from "../../schema/provider.ts";

/** As TensorFlow, Dawn and V8 put it. */
const MEMORY = /out of memory|\bOOM\b|resource[ _]exhausted|max buffer size|allocation failed|invalid (typed )?array length/i;
/** Of a device that is gone or refuses work. */
const DEVICE = /device (is |was )?lost|CUDA|cuDNN|\[Invalid \w+/i;
const WORDS_MAX = 300;

/** The failure that an error of a backend stands for, with sizes; other errors stay as they are. */
export function deviceFailure(error: unknown, name: BackendName): unknown {
  if (!(error instanceof Error) || error instanceof ComputeError) return error;
  return complaintFailure(error.message, name) ?? error;
}

/** The failure that a device's own words stand for; null if they say nothing of memory or device. */
export function complaintFailure(words: string, name: BackendName): ComputeError | null {
  const shown = (words.split("\n", 1)[0] ?? "").slice(0, WORDS_MAX).replace(/[.:]$/, "");
  if (MEMORY.test(words)) {
    const mib = Math.ceil(tf.memory().numBytes / 2 ** 20);
    const message = `${name}: ${shown}, beside ${mib} MiB of tensors: lower training.batch`;
    return new ComputeError("resource", "out_of_device_memory", message);
  }
  if (DEVICE.test(words)) return new ComputeError("resource", "device_failed", `${name}: ${shown}`);
  return null;
}
