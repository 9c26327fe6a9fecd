// GPUs as NVML tells of them, on the fake one: two, of which a process may see fewer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cudaVariables } from "../../schema/provider.ts";
import { detectGpus, environmentOf, openGpuMonitor } from "../../worker/linalg/cuda/gpus.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";

const skip = whyNoFake() ?? false;
const variables = skip === false ? buildFakeCuda().variables : {};
const uuid = (index: number): string => `GPU-00000000-0000-0000-0000-${String(index).padStart(12, "0")}`;

test("each GPU has a name, memory, and an environment that shows a process it alone", { skip }, () => {
  const gpus = detectGpus(variables);
  assert.deepEqual(gpus.map(({ index, name, memoryBytes }) => ({ index, name, memoryBytes })), [
    { index: 0, name: "Fake GPU", memoryBytes: 2 ** 32 },
    { index: 1, name: "Fake GPU", memoryBytes: 2 ** 32 },
  ]);
  for (const gpu of gpus) {
    const pinned = cudaVariables({ ...variables, ...environmentOf(gpu) });
    assert.deepEqual(detectGpus(pinned), [gpu]);
  }
});

test("CUDA_VISIBLE_DEVICES takes indices and beginnings of UUIDs, and nothing hides all", { skip }, () => {
  const seen = (visible: string): number[] =>
    detectGpus(cudaVariables({ ...variables, CUDA_VISIBLE_DEVICES: visible })).map(({ index }) => index);
  assert.deepEqual(seen("1"), [1]);
  assert.deepEqual(seen("1, 0"), [0, 1]);
  assert.deepEqual(seen(uuid(1)), [1]);
  assert.deepEqual(seen(""), []);
});

test("a GPU's load is the share of time that it computes, and its memory", { skip }, () => {
  const { monitor, why } = openGpuMonitor(variables);
  assert.ok(monitor !== null, why ?? "");
  assert.equal(monitor.driver, "550.54.15");
  assert.deepEqual(monitor.loads(), [0, 1].map((index) => ({
    name: "Fake GPU", memoryBytes: 2 ** 32, usedBytes: 2 ** 30, utilisation: (90 + index) / 100,
  })));
  monitor.close();
});

test("a machine without NVML has no GPUs and says why", () => {
  const nowhere = { NEARCLONE_CUDA_LIBS: "/nowhere" };
  assert.deepEqual(detectGpus(nowhere), []);
  assert.equal(openGpuMonitor(nowhere).why, "libnvidia-ml.so.1: not in /nowhere");
});
