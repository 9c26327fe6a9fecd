// Numeric trouble at a point is a row with its status; the points beside it are measured.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DataPool, Draw } from "../../data/draw.ts";
import { type ResultBlock, STATUSES } from "../../schema/column.ts";
import { krrMetrics } from "../../schema/experiments/krr.ts";
import { Route } from "../../schema/plan.ts";
import { type KrrSpec, StudySpec } from "../../schema/study.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { measure, PROVIDERS, randomPool, sharedBoxes } from "./problems.ts";

function krrSpec(parts: Record<string, unknown>): KrrSpec {
  const spec = StudySpec.parse({
    experiment: "krr", name: "status", seed: 1,
    data: { source: "glyphs", train: 12, test: 6 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [0.5, -0.5] } },
    kernel: "rbf",
    ridge_scaling: "absolute",
    ...parts,
  });
  assert.ok(spec.experiment === "krr");
  return spec;
}

const radial = { fixed: { length_scale: 0.5 } };
const SETTINGS = new Set(["ridge_absolute", "length_scale_absolute"]);
/** Plain TypeScript, always there. */
const portable = openProvider("portable").provider;

function statusesOf(block: ResultBlock): (string | undefined)[] {
  return [...block.status].map((status) => STATUSES[status]);
}

/** Rows that failed have no metrics but still say where they stand. */
function requireNoMetrics(block: ResultBlock, row: number): void {
  for (const { name, needs } of krrMetrics) {
    if (needs !== undefined) continue;
    const isNumber = !Number.isNaN(block.metrics[name]?.[row]);
    assert.equal(isNumber, SETTINGS.has(name), `${name} of a failed row`);
  }
}

/** Rows of two features and two classes, changed after they are drawn. */
function poolWith(change: (draw: Draw) => void): DataPool {
  const pool = randomPool(2, 2);
  return {
    draw(size, seed) {
      const draw = pool.draw(size, seed);
      change(draw);
      return draw;
    },
  };
}

const planar = { classes: 2, dimension: 2, pool: randomPool(2, 2) };

for (const route of Route.options) {
  for (const { name, linalg } of PROVIDERS) {
    if (linalg === null) continue;
    test(`duplicate rows without a ridge are not positive definite: ${route}, ${name}`, () => {
      const spec = krrSpec({ ...radial, axes: { poison_count: [0, 2], ridge: [0, 0.1] } });
      const pool = poolWith(({ train }) => train.features.copyWithin(2, 0, 2));
      const [box] = sharedBoxes(spec);
      assert.ok(box !== undefined);
      const block = measure({ ...planar, spec, pool }, route, linalg, box);
      assert.deepEqual(statusesOf(block),
        ["not_positive_definite", "ok", "not_positive_definite", "ok"]);
      requireNoMetrics(block, 0);
      requireNoMetrics(block, 2);
    });

    test(`a poison on a training row has no variance without a ridge: ${route}, ${name}`, () => {
      // The trigger has strength 0, and every base is the first training row.
      const spec = krrSpec({ fixed: { length_scale: 0.05, trigger_strength: 0 },
        axes: { ridge: [0, 0.1], poison_count: [0, 1, 5] } });
      const pool = poolWith(({ train, bases }) => {
        const first = train.features.subarray(0, 2);
        for (let row = 0; row < bases.rows; row++) bases.features.set(first, 2 * row);
      });
      const [box] = sharedBoxes(spec);
      assert.ok(box !== undefined);
      for (const kind of ["clones", "added"] as const) {
        const study = { ...spec, attack: { kind, clip: false, trigger: { kind: "additive" as const, vector: [1] } } };
        const block = measure({ ...planar, spec: study, pool }, route, linalg, box);
        const statuses = statusesOf(block);
        assert.ok(statuses.slice(0, 3).every((status) => status === "variance_cancelled"));
        assert.deepEqual(statuses.slice(3), ["ok", "ok", "ok"]);
        requireNoMetrics(block, 1);
      }
    });
  }

  test(`added poisons that repeat fail from the first repeat on: ${route}`, () => {
    // Without a ridge two equal poisons make S singular; one poison is still measured.
    const spec = krrSpec({ attack: { kind: "added", trigger: { kind: "additive", vector: [3, 3] } },
      fixed: { length_scale: 0.3, ridge: 0 }, axes: { poison_count: [3, 0, 1, 2] } });
    const pool = poolWith(({ bases }) => {
      for (let row = 1; row < bases.rows; row++) bases.features.copyWithin(2 * row, 0, 2);
    });
    const [box] = sharedBoxes(spec);
    assert.ok(box !== undefined);
    const block = measure({ ...planar, spec, pool }, route, portable, box);
    const repeated = "not_positive_definite";
    assert.deepEqual(statusesOf(block), [repeated, "ok", "ok", repeated]);
  });

  test(`a kernel that overflows gives rows that are not finite: ${route}`, () => {
    const spec = krrSpec({ kernel: { name: "polynomial", degree: 20, gamma: 1e30 },
      axes: { poison_count: [0, 1], ridge: [1, 2], target: [0, 1] } });
    const [box] = sharedBoxes(spec);
    assert.ok(box !== undefined);
    const block = measure({ ...planar, spec }, route, portable, box);
    assert.equal(block.status.length, 8);
    assert.ok(statusesOf(block).every((status) => status === "non_finite"));
    assert.deepEqual([...(block.metrics["ridge_absolute"] ?? [])], [1, 1, 2, 2, 1, 1, 2, 2]);
  });
}
