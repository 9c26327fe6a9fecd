// Numeric trouble at a point is a row with its status; the points beside it are measured.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DataPool, Labelled } from "../../data/draw.ts";
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
  for (const { name } of krrMetrics) {
    const isNumber = !Number.isNaN(block.metrics[name]?.[row]);
    assert.equal(isNumber, SETTINGS.has(name), `${name} of a failed row`);
  }
}

/** The first training row, poison base or test row as another pool draws it, repeated. */
function poolWith(pool: DataPool, change: (rows: Labelled, train: Labelled) => void, sets: readonly ("train" | "bases")[]): DataPool {
  return {
    draw(size, seed) {
      const draw = pool.draw(size, seed);
      for (const set of sets) change(draw[set], draw.train);
      return draw;
    },
  };
}

for (const route of Route.options) {
  for (const { name, linalg } of PROVIDERS) {
    if (linalg === null) continue;
    test(`duplicate rows without a ridge are not positive definite: ${route}, ${name}`, () => {
      const spec = krrSpec({ ...radial, axes: { poison_count: [0, 2], ridge: [0, 0.1] } });
      const pool = poolWith(randomPool(2, 2), ({ features }) => features.copyWithin(2, 0, 2), ["train"]);
      const [box] = sharedBoxes(spec);
      assert.ok(box !== undefined);
      const block = measure({ spec, pool, classes: 2, dimension: 2 }, route, linalg, box);
      assert.deepEqual(statusesOf(block),
        ["not_positive_definite", "ok", "not_positive_definite", "ok"]);
      requireNoMetrics(block, 0);
      requireNoMetrics(block, 2);
    });

    test(`a poison on a training row without a ridge has its variance cancelled: ${route}, ${name}`, () => {
      // The trigger has strength 0, and every base is the first training row.
      const spec = krrSpec({ fixed: { length_scale: 0.05, trigger_strength: 0 },
        axes: { ridge: [0, 0.1], poison_count: [0, 1, 5] } });
      const pool = poolWith(randomPool(2, 2), (bases, train) => {
        for (let row = 0; row < bases.rows; row++) bases.features.set(train.features.subarray(0, 2), 2 * row);
      }, ["bases"]);
      const [box] = sharedBoxes(spec);
      assert.ok(box !== undefined);
      for (const kind of ["clones", "added"] as const) {
        const attack = { ...spec.attack, kind };
        const block = measure({ spec: { ...spec, attack }, pool, classes: 2, dimension: 2 }, route, linalg, box);
        assert.deepEqual(statusesOf(block).slice(0, 3), Array.from({ length: 3 }, () => "variance_cancelled"));
        assert.deepEqual(statusesOf(block).slice(3), ["ok", "ok", "ok"]);
        requireNoMetrics(block, 1);
      }
    });
  }

  test(`added poisons that repeat fail from the first repeat on: ${route}`, () => {
    // Without a ridge two equal poisons make S singular; one poison is still measured.
    const spec = krrSpec({ attack: { kind: "added", trigger: { kind: "additive", vector: [3, 3] } },
      fixed: { length_scale: 0.3, ridge: 0 }, axes: { poison_count: [3, 0, 1, 2] } });
    const pool = poolWith(randomPool(2, 2), (bases) => {
      for (let row = 1; row < bases.rows; row++) bases.features.copyWithin(2 * row, 0, 2);
    }, ["bases"]);
    const [box] = sharedBoxes(spec);
    assert.ok(box !== undefined);
    const block = measure({ spec, pool, classes: 2, dimension: 2 }, route, portable, box);
    assert.deepEqual(statusesOf(block), ["not_positive_definite", "ok", "ok", "not_positive_definite"]);
  });

  test(`a kernel that overflows gives rows that are not finite: ${route}`, () => {
    const spec = krrSpec({ kernel: { name: "polynomial", degree: 20, gamma: 1e30 },
      axes: { poison_count: [0, 1], ridge: [1, 2], target: [0, 1] } });
    const [box] = sharedBoxes(spec);
    assert.ok(box !== undefined);
    const block = measure({ spec, pool: randomPool(2, 2), classes: 2, dimension: 2 }, route, portable, box);
    assert.equal(block.status.length, 8);
    assert.ok(statusesOf(block).every((status) => status === "non_finite"));
    assert.deepEqual([...(block.metrics["ridge_absolute"] ?? [])], [1, 1, 2, 2, 1, 1, 2, 2]);
  });
}
