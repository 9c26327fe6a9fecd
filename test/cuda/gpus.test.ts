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
  assert.deepEqual(gpus.map(({ index, name, capability, memoryBytes }) => ({ index, name, capability, memoryBytes })), [
    { index: 0, name: "Fake GPU", capability: "9.0", memoryBytes: 2 ** 32 },
    { index: 1, name: "Fake GPU", capability: "9.0", memoryBytes: 2 ** 32 },
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
    name: "Fake GPU", capability: "9.0", memoryBytes: 2 ** 32, usedBytes: 2 ** 30, utilisation: (90 + index) / 100,
  })));
  monitor.close();
});

/** The second GPU in MIG mode, with so many slices. */
function withSlices(count: number, run: () => void): void {
  process.env["FAKE_NVML_SLICES"] = String(count);
  try {
    run();
  } finally {
    delete process.env["FAKE_NVML_SLICES"];
  }
}

test("slices of a GPU are devices of their own, each shown to a process alone", { skip }, () => withSlices(2, () => {
  const gpus = detectGpus(variables);
  assert.deepEqual(gpus.map(({ name, capability, memoryBytes }) => [name, capability, memoryBytes]),
    [["Fake GPU", "9.0", 2 ** 32], ["Fake GPU MIG 1g.1gb", "9.0", 2 ** 31], ["Fake GPU MIG 1g.1gb", "9.0", 2 ** 31]]);
  assert.equal(new Set(gpus.map((gpu) => environmentOf(gpu)["CUDA_VISIBLE_DEVICES"])).size, 3);
  for (const gpu of gpus) assert.deepEqual(detectGpus(cudaVariables({ ...variables, ...environmentOf(gpu) })), [gpu]);
  for (const whole of ["1", uuid(1)]) {
    assert.deepEqual(detectGpus(cudaVariables({ ...variables, CUDA_VISIBLE_DEVICES: whole })), gpus.slice(1));
  }
  const { monitor } = openGpuMonitor(variables);
  assert.deepEqual(monitor?.loads().map(({ utilisation }) => utilisation), [0.9, null, null]);
  assert.deepEqual(monitor?.troubles, []);
  monitor?.close();
}));

test("a GPU that is to be cut and is not is left out, with what to do", { skip }, () => withSlices(0, () => {
  const { monitor } = openGpuMonitor(variables);
  assert.deepEqual(monitor?.gpus.map(({ index }) => index), [0]);
  assert.match(monitor?.troubles.join() ?? "", /^GPU 1 \(Fake GPU\) is in MIG mode and not cut into slices: .*nvidia-smi -i 1 -mig 0/);
  monitor?.close();
}));

test("a machine without NVML has no GPUs and says why", () => {
  const nowhere = { NEARCLONE_CUDA_LIBS: "/nowhere" };
  assert.deepEqual(detectGpus(nowhere), []);
  assert.equal(openGpuMonitor(nowhere).why, "libnvidia-ml.so.1: not in /nowhere");
});
