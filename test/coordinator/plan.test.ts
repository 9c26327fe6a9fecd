import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { distinctRidges, planStudy } from "../../coordinator/plan.ts";
import { EXPERIMENTS } from "../../schema/experiments/registry.ts";
import { boxSizes, pointCount } from "../../schema/grid.ts";
import { JOB_POINTS_MAX } from "../../schema/limits.ts";
import { boxOfJob } from "../../schema/plan.ts";
import { axesOf, parseStudy, type StudySpec } from "../../schema/study.ts";

function krrStudy(axes: Record<string, number>, more: object = {}): StudySpec {
  const spelled = Object.fromEntries(
    Object.entries(axes).map(([name, steps]) => [name, { linear: [1, steps], steps }]),
  );
  const needed = { length_scale: 1, ridge: 0.1, poison_count: 1 };
  const fixed = Object.fromEntries(Object.entries(needed).filter(([name]) => !(name in axes)));
  const parsed = parseStudy({
    name: "plan", experiment: "krr", kernel: "rbf", fixed, axes: spelled,
    data: { source: "glyphs", train: 50, test: 20 },
    attack: { kind: "clones", trigger: { kind: "cross" } },
    ...more,
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.spec;
}

const names = ["replicate", "length_scale", "ridge", "target", "poison_count"] as const;
const axesArbitrary = fc
  .shuffledSubarray([...names], { minLength: 1 })
  .chain((chosen) =>
    fc.tuple(...chosen.map((name) => fc.tuple(fc.constant(name), fc.integer({ min: 1, max: 60 })))))
  .map((pairs) => Object.fromEntries(pairs));

test("a job's points agree on every axis that the preparation depends on", () => {
  const shared = new Set<string>(
    EXPERIMENTS.krr.parameters.filter(({ isShared }) => isShared).map(({ name }) => name));
  fc.assert(
    fc.property(axesArbitrary, fc.nat(), (axes, pick) => {
      const spec = krrStudy(axes);
      const plan = planStudy(spec);
      const sizes = boxSizes(boxOfJob(plan, pick % plan.jobs));
      axesOf(spec).forEach(({ name }, axis) => {
        if (shared.has(name)) assert.equal(sizes[axis], 1, name);
      });
      assert.ok(pointCount(sizes) <= JOB_POINTS_MAX);
    }),
    { seed: 20260131 },
  );
});

test("the same study gives the same plan", () => {
  fc.assert(
    fc.property(axesArbitrary, (axes) => {
      assert.deepEqual(planStudy(krrStudy(axes)), planStudy(krrStudy(axes)));
    }),
    { seed: 20260131 },
  );
});

test("the million-point study is one job, and one factorisation, per length scale", () => {
  const plan = planStudy(krrStudy({ length_scale: 100, ridge: 100, poison_count: 100 }));
  assert.deepEqual([plan.points, plan.jobs, plan.chunk], [1_000_000, 100, [1, 100, 100]]);
});

test("a study with one preparation is cut along its ridges, never along its counts", () => {
  const plan = planStudy(krrStudy({ poison_count: 100, ridge: 160 }));
  assert.deepEqual([plan.jobs, plan.chunk], [8, [100, 20]]);
});

test("few ridges are factorised one by one, many share a reduction", () => {
  assert.equal(planStudy(krrStudy({ length_scale: 20, ridge: 1 })).route, "cholesky");
  assert.equal(planStudy(krrStudy({ length_scale: 20, ridge: 50 })).route, "tridiagonal");
});

test("a ridge that scales with all rows is a system of its own for every count", () => {
  const axes = axesOf(krrStudy({ ridge: 3, poison_count: 7 }));
  assert.equal(distinctRidges("total_n", axes, [3, 7]), 21);
  assert.equal(distinctRidges("clean_n", axes, [3, 7]), 3);
});

test("a study file can ask for smaller jobs", () => {
  const plan = planStudy(krrStudy({ length_scale: 4, ridge: 50, poison_count: 20 }, { job_points: 100 }));
  assert.deepEqual([plan.chunk, plan.jobs], [[1, 5, 20], 40]);
});
