// A job that is larger than the worker's memory is refused before it is begun.
import assert from "node:assert/strict";
import test from "node:test";
import { ComputeError } from "../../schema/failure.ts";
import { jobMemoryBytes, krrShape } from "../../schema/experiments/krr-cost.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { StudySpec } from "../../schema/study.ts";
import { requireRoom } from "../../worker/fits.ts";
import { orderOf, randomPool } from "../krr/problems.ts";

function orderWith(train: number): StudyOrder {
  const spec = StudySpec.parse({
    experiment: "krr", name: "large", data: { source: "glyphs", train, test: 100 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [1] } }, kernel: "rbf",
    axes: { ridge: { log: [1e-4, 1], steps: 100 }, length_scale: [1], poison_count: [1] },
  });
  if (spec.experiment !== "krr") throw new Error("not krr");
  return orderOf({ spec, classes: 10, dimension: 64, pool: randomPool(64, 10) }, "tridiagonal");
}

const large = orderWith(100_000);

test("a job larger than the worker's memory is refused with both sizes", () => {
  assert.throws(() => requireRoom(large, { provider: "openblas", memoryBytes: 2 ** 34 }), (error) => {
    assert.ok(error instanceof ComputeError);
    assert.equal(`${error.kind} ${error.code}`, "resource does_not_fit");
    assert.match(error.message, /^a job with 100000 training rows needs \d+ GiB of memory with openblas, this worker has 16\.0 GiB/);
    return true;
  });
});

test("with a GPU only rows and columns are the host's", () => {
  assert.doesNotThrow(() => requireRoom(large, { provider: "cuda", memoryBytes: 2 ** 34 }));
});

test("a job of just the worker's memory is taken", () => {
  const order = orderWith(1_000);
  if (order.spec.experiment !== "krr" || order.data === null) throw new Error("not krr");
  const bytes = jobMemoryBytes(krrShape(order.spec, order.data, order.plan));
  assert.doesNotThrow(() => requireRoom(order, { provider: "portable", memoryBytes: bytes }));
  assert.throws(() => requireRoom(order, { provider: "portable", memoryBytes: bytes - 1 }), ComputeError);
});
