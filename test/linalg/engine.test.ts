// The memory of the portable provider's kernels.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AREA, createEngine } from "../../worker/linalg/portable/engine.ts";

test("a workspace beyond 32-bit addresses is a resource failure that names its size", () => {
  const isRefused = { kind: "resource", code: "out_of_memory", message: /workspace of 7\d{3} MB$/ };
  assert.throws(() => createEngine().reserve(30_000 ** 2), isRefused);
});

test("a workspace that grows keeps the engine usable", () => {
  const engine = createEngine();
  engine.reserve(1000);
  engine.reserve(3_000_000);
  const numbers = engine.numbers();
  assert.ok(numbers.length >= AREA.workspace + 3_000_000);
  numbers.set([1, 2, 3, 4], AREA.workspace);
  engine.panelDots({
    rows: 2, columns: 1, a: AREA.workspace, stride: 2, x: AREA.workspace + 2, y: AREA.workspace + 8,
  });
  assert.equal(numbers[AREA.workspace + 8], 11);
});
