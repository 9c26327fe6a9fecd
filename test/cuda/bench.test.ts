// The one command that is run where there is a GPU runs here on the fake, with small sizes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PARTS } from "../../bench/gpu/parts.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";

const BENCH = fileURLToPath(new URL("../../bench/gpu.js", import.meta.url));

function runBench(libraries: string, ...options: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, [BENCH, "--quick", ...options], {
    env: { ...process.env, NEARCLONE_CUDA_LIBS: libraries }, encoding: "utf8",
  });
}

const skip = whyNoFake() ?? false;
const libraries = skip === false ? buildFakeCuda().variables["NEARCLONE_CUDA_LIBS"] ?? "" : "";

test("the GPU benchmark checks and measures everything, and prints JSON", { skip }, () => {
  const { status, stdout, stderr } = runBench(libraries);
  const results = JSON.parse(String(stdout));
  assert.equal(status, 0, `${String(stderr)}${String(stdout)}`);
  assert.match(results.device, /^Fake GPU/);
  assert.deepEqual([results.checks.failed, results.rows.failed], [[], []]);
  assert.ok(results.cholesky.ratio > 0);
  assert.deepEqual(results.breakEven.measured.map(({ order }: { order: number }) => order), [50, 60]);
  assert.deepEqual([results.memory.jobs, results.memory.bytesLost], [1_000, 0]);
  assert.deepEqual([results.million.jobs, results.million.points], [4, 4 * 70 * 5]);
  assert.ok(results.million.load.samples >= 0);
  assert.ok(results.mixed.measured[0].steps >= 1 && results.batch.measured[0].ratio > 0);
  const [curvedOnDevice, curvedOnHost] = results.curvature.measured;
  assert.ok(curvedOnDevice.curvedSeconds > 0 && curvedOnHost.ratio > 0, JSON.stringify(results.curvature));
  const [onDevice, onHost] = results.job.accuracies;
  assert.equal(onDevice, onHost);
});

test("parts that run out of time say so, in a file that is whole", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "gpu-bench-"));
  try {
    const out = join(folder, "gpu.json");
    const { status } = runBench(libraries, "--budget", "2", "--out", out);
    assert.equal(status, 1);
    const results = JSON.parse(readFileSync(out, "utf8"));
    for (const name of Object.keys(PARTS)) assert.ok(results[name].partSeconds >= 0, name);
    assert.match(results.job.failed, /^not done after [\d.]+ s$/);
    assert.equal(typeof results.seconds, "number");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the parts' limits leave room within ten minutes for their starts", () => {
  const whole = Object.values(PARTS).reduce((sum, { seconds }) => sum + seconds, 0);
  assert.ok(whole <= 560, `${whole} s`);
});

test("without a GPU it says why and leaves with 2", () => {
  const { status, stdout, stderr } = runBench("/nowhere");
  assert.deepEqual([status, String(stdout)], [2, ""]);
  assert.match(String(stderr), /^no GPU to measure: libcuda\.so\.1: not in \/nowhere/);
});
