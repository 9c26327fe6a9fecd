// What devices say of themselves, as failures: memory, other trouble, and errors that are neither.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { ComputeError } from "../../schema/failure.ts";
import { describeBackend, openBackend } from "../../worker/tensor/backend.ts";
import { deviceFailure } from "../../worker/tensor/device-failure.ts";

before(() => openBackend("cpu"));

const failureOf = (message: string): [string, string] | null => {
  const failure = deviceFailure(new Error(message), "tensorflow");
  return failure instanceof ComputeError ? [failure.kind, failure.code] : null;
};

test("what devices say of memory is out_of_device_memory, in one line that keeps their sizes", () => {
  for (const words of [
    "OOM when allocating tensor with shape[128,32,32,64] and type float on device GPU:0 by allocator GPU_0_bfc",
    "Invalid TF_Status: 8\nMessage: RESOURCE_EXHAUSTED: failed to allocate memory",
    "Buffer size (1600000000) exceeds the max buffer size limit (1073741824).\n - While calling [Device].CreateBuffer",
    "Array buffer allocation failed",
  ]) assert.deepEqual(failureOf(words), ["resource", "out_of_device_memory"], words);
  const failure = deviceFailure(new Error("OOM when allocating tensor with shape[9,9]\nat x"), "webgpu");
  assert.ok(failure instanceof ComputeError);
  assert.match(failure.message, /^webgpu: OOM when allocating tensor with shape\[9,9\], beside \d+ MiB of tensors: lower training\.batch$/);
});

test("a device that failed otherwise is device_failed, and an error of ours stays what it is", () => {
  assert.deepEqual(failureOf("CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered"), ["resource", "device_failed"]);
  const ours = new TypeError("x is undefined");
  assert.equal(deviceFailure(ours, "wasm"), ours);
  const limit = new ComputeError("resource", "time_limit", "out of memory of the time it took");
  assert.equal(deviceFailure(limit, "wasm"), limit);
});

test("on WebGPU, which computes on with zeros, a buffer beyond the limits is found out, and a reset mends it", async (t) => {
  const opened = await describeBackend("webgpu");
  if (!opened.ok) {
    t.diagnostic(`not examined here: ${opened.why}`);
    return;
  }
  const backend = await openBackend("webgpu");
  backend.check();
  const sum = tf.tidy(() => tf.sum(tf.add(tf.ones([30_000, 30_000]), 1)));
  await sum.data();
  assert.throws(() => backend.check(), (error: unknown) =>
    error instanceof ComputeError && error.code === "out_of_device_memory" && /\d{9,}/.test(error.message));
  await backend.reset();
  backend.check();
  assert.deepEqual([...(await tf.add([1, 2], 1).data())], [2, 3]);
});
