// The same bits whatever the box, the bench, the cache and the jobs before.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { ResultBlock } from "../../schema/column.ts";
import { type Box, pointsOfBox } from "../../schema/grid.ts";
import { Route } from "../../schema/plan.ts";
import { axesOf, type KrrSpec, StudySpec } from "../../schema/study.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { INSTALL_LINE } from "../support/packages.ts";
import {
  measure,
  orderOf,
  type Problem,
  problemsOf,
  PROVIDERS,
  randomPool,
  SETUPS,
  sharedBoxes,
} from "./problems.ts";

const seed = 20260131;

function sizesOf(spec: KrrSpec): number[] {
  return axesOf(spec).map(({ values }) => values.length);
}

/** Every number of a point as raw bytes, so that NaN and −0 count too. */
function bitsOf(block: ResultBlock, row: number): string {
  const numbers = Object.values(block.metrics).map((column) => column[row] ?? 0);
  return `${block.status[row]} ${Buffer.from(Float64Array.from(numbers).buffer).toString("hex")}`;
}

/** The points of a box, by their number in the grid. */
function bitsByPoint(spec: KrrSpec, box: Box, block: ResultBlock): Map<number, string> {
  const points = pointsOfBox(box, sizesOf(spec));
  return new Map([...points].map((point, row) => [point, bitsOf(block, row)]));
}

/** A part of a box: on each axis a sub-range, picked by numbers in [0, 1). */
function partOf(box: Box, picks: readonly number[]): Box {
  const from = box.from.map((start, axis) => {
    const length = (box.to[axis] ?? start) - start;
    return start + Math.floor((picks[2 * axis] ?? 0) * length);
  });
  const to = from.map((start, axis) => {
    const length = (box.to[axis] ?? start) - start;
    return start + 1 + Math.floor((picks[2 * axis + 1] ?? 0) * length);
  });
  return { from, to };
}

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const parts = fc.tuple(
  fc.constantFrom(...SETUPS).chain(problemsOf),
  fc.constantFrom(...Route.options),
  fc.array(share, { minLength: 12, maxLength: 12 }),
);

for (const { name, linalg } of PROVIDERS) {
  const skip = linalg === null ? `no ${name}: ${INSTALL_LINE}` : false;

  test(`a part of a box has the bits of the whole, on its own bench: ${name}`, { skip }, () => {
    if (linalg === null) return;
    fc.assert(fc.property(parts, ([problem, route, where]) => {
      for (const whole of sharedBoxes(problem.spec)) {
        const all = bitsByPoint(problem.spec, whole, measure(problem, route, linalg, whole));
        const part = partOf(whole, where);
        // A fresh pool has nothing cached of the whole.
        const fresh: Problem = { ...problem, pool: randomPool(problem.dimension, problem.classes) };
        const block = measure(fresh, route, linalg, part);
        for (const [point, bits] of bitsByPoint(problem.spec, part, block)) {
          assert.equal(bits, all.get(point));
        }
      }
    }), { seed, numRuns: 60 });
  });

  test(`a job has the same bits before and after others on its bench: ${name}`, { skip }, () => {
    if (linalg === null) return;
    fc.assert(fc.property(parts, ([problem, route, where]) => {
      const order = orderOf(problem, route);
      const [whole] = sharedBoxes(problem.spec);
      if (whole === undefined) return;
      const bench = krr.prepare(order, whole, { linalg, pool: problem.pool });
      const part = partOf(whole, where);
      const before = bitsByPoint(problem.spec, part, bench.measure(part));
      bench.measure(whole);
      // The same bits from what is cached now.
      const again = krr.prepare(order, whole, { linalg, pool: problem.pool });
      assert.deepEqual(bitsByPoint(problem.spec, part, bench.measure(part)), before);
      assert.deepEqual(bitsByPoint(problem.spec, part, again.measure(part)), before);
    }), { seed: seed + 1, numRuns: 40 });
  });

  test(`a large study cut into jobs gives each job its own blocks: ${name}`, { skip }, () => {
    if (linalg === null) return;
    // 300 ridges of 10 columns are more than one block holds, and chunks of 70 end inside one.
    const spec = StudySpec.parse({
      experiment: "krr", name: "large", seed: 3,
      data: { source: "glyphs", train: 60, test: 20 },
      attack: { kind: "clones", trigger: { kind: "additive", vector: [1, -1] } },
      kernel: "rbf",
      fixed: { length_scale: 0.6 },
      axes: { poison_count: [0, 3], ridge: { log: [1e-6, 1], steps: 300 } },
    });
    assert.ok(spec.experiment === "krr");
    const problem: Problem = { spec, classes: 10, dimension: 4, pool: randomPool(4, 10) };
    for (const chunk of [[2, 300], [2, 70], [1, 130]]) {
      const order = orderOf(problem, "tridiagonal", chunk);
      const job: Box = { from: [0, 0], to: [chunk[0] ?? 1, chunk[1] ?? 1] };
      const bench = krr.prepare(order, job, { linalg, pool: problem.pool });
      const all = bitsByPoint(spec, job, bench.measure(job));
      for (const ridge of [0, 1, 64, 69]) {
        const part: Box = { from: [0, ridge], to: [1, ridge + 1] };
        for (const [point, bits] of bitsByPoint(spec, part, bench.measure(part))) {
          assert.equal(bits, all.get(point));
        }
      }
    }
  });
}

test("points that share a preparation share a key, others do not", () => {
  const spec = StudySpec.parse({
    experiment: "krr", name: "keys", seed: 3,
    data: { source: "glyphs", train: 6, test: 2 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [1] } },
    kernel: "rbf",
    axes: { replicate: [0, 1], ridge: [1, 2], length_scale: [0.5, 1], poison_count: [0] },
  });
  assert.ok(spec.experiment === "krr");
  const order = orderOf({ spec, classes: 2, dimension: 2, pool: randomPool(2, 2) }, "cholesky");
  const key = (...indices: [replicate: number, ridge: number, scale: number]): string =>
    krr.benchKey(order, { from: [...indices, 0], to: [...indices.map((index) => index + 1), 1] });
  assert.equal(key(0, 0, 1), key(0, 1, 1));
  const keys = [key(0, 0, 0), key(0, 0, 1), key(1, 0, 0), key(1, 0, 1)];
  assert.equal(new Set(keys).size, 4);
  const spanning: Box = { from: [0, 0, 0, 0], to: [1, 1, 2, 1] };
  assert.throws(() => krr.benchKey(order, spanning), /must share length_scale/);
});
