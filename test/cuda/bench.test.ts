// The one command that is run where there is a GPU runs here on the fake, with small sizes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";

const BENCH = fileURLToPath(new URL("../../bench/gpu.js", import.meta.url));

function runBench(libraries: string): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, [BENCH, "--quick"], {
    env: { ...process.env, NEARCLONE_CUDA_LIBS: libraries }, encoding: "utf8",
  });
}

test("the GPU benchmark checks and measures everything, and prints JSON", { skip: whyNoFake() ?? false }, () => {
  const { variables } = buildFakeCuda();
  const { status, stdout, stderr } = runBench(variables["NEARCLONE_CUDA_LIBS"] ?? "");
  const results = JSON.parse(String(stdout));
  assert.equal(status, 0, `${String(stderr)}${String(stdout)}`);
  assert.match(results.device, /^Fake GPU/);
  assert.deepEqual([results.checks.failed, results.rows.failed], [[], []]);
  assert.ok(results.cholesky.ratio > 0 && results.breakEven[0].breakEvenRidges > 0);
  assert.equal(results.memory.bytesLost, 0);
  assert.equal(results.million.points, 4 * 70 * 5);
  const [onDevice, onHost] = results.job.accuracies;
  assert.equal(onDevice, onHost);
});

test("without a GPU it says why and leaves with 2", () => {
  const { status, stdout, stderr } = runBench("/nowhere");
  assert.deepEqual([status, String(stdout)], [2, ""]);
  assert.match(String(stderr), /^no GPU to measure: libcuda\.so\.1: not in \/nowhere/);
});
