// Rows of mixed precision against those of a float64 factor: on every provider, at every fallback.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { planStudy } from "../../coordinator/plan.ts";
import type { ResultBlock } from "../../schema/column.ts";
import { MIXED_CONDITION_MAX } from "../../schema/experiments/krr-precision.ts";
import { identityOf } from "../../schema/identity.ts";
import { parseStudy, StudySpec } from "../../schema/study.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { openCuda } from "../../worker/linalg/cuda.ts";
import type { Matrix } from "../../worker/linalg/matrix.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";
import { orderOf, type Problem, problemsOf, PROVIDERS, randomPool, SETUPS, sharedBoxes } from "./problems.ts";

const fake = whyNoFake() === null ? buildFakeCuda() : null;
const providers = [
  ...PROVIDERS.map(({ name, linalg }) => ({ name: name as string, linalg })),
  { name: "cuda on a fake device", linalg: fake === null ? null : openCuda(fake.variables).provider },
];
const NAMES = ["refinement_steps", "condition_estimate"];

function mixed(problem: Problem): Problem {
  return { ...problem, spec: { ...problem.spec, precision: "mixed" } };
}

/** All rows, box by box, on benches of their own. */
function rowsOf(problem: Problem, linalg: LinalgProvider): ResultBlock[] {
  return sharedBoxes(problem.spec).map((box) => {
    const bench = krr.prepare(orderOf(problem, "cholesky"), box, { linalg, pool: problem.pool });
    const block = bench.measure(box);
    bench.release?.();
    return block;
  });
}

/** How far float32's trace may be off, relative to 1 + the value: 2⁻²⁴ times roots of sums of squares. */
function traceBound({ spec }: Problem, ridge: number, self: number): number {
  return (16 * 2 ** -24 * Math.sqrt(spec.data.train) * (self + ridge)) / ridge;
}

const isUnbounded = ({ spec }: Problem): boolean => spec.kernel.name === "linear" || spec.kernel.name === "polynomial";

function compare(problem: Problem, found: ResultBlock, expected: ResultBlock): void {
  assert.deepEqual(found.status, expected.status);
  for (const [name, column] of Object.entries(expected.metrics)) {
    column.forEach((value, row) => {
      const actual = found.metrics[name]![row]!;
      const ridge = expected.metrics["ridge_absolute"]![row]!;
      const bound = name === "effective_dof" ? traceBound(problem, ridge, isUnbounded(problem) ? 60 : 1) * (1 + Math.abs(value))
        : 1e-8 * Math.max(Math.abs(value), 1e-3);
      const isClose = Object.is(actual, value) || Math.abs(actual - value) <= bound;
      assert.ok(isClose, `${name} of row ${row}: ${actual}, expected ${value}, ${JSON.stringify(problem.spec)}`);
    });
  }
}

for (const { name, linalg } of providers) {
  const skip = linalg === null ? `${name} is not here` : false;
  for (const setup of SETUPS.filter(({ attack, scaling }) => attack === "clones" && scaling === "absolute")) {
    test(`${name}: rows of mixed precision are float64's, ${setup.kernel}`, { skip }, () => {
      assert.ok(linalg !== null);
      fc.assert(fc.property(problemsOf(setup), (problem) => {
        const [found, expected] = [rowsOf(mixed(problem), linalg), rowsOf(problem, linalg)];
        found.forEach((block, at) => {
          compare(problem, block, expected[at]!);
          const [steps, condition] = NAMES.map((one) => block.metrics[one]!);
          steps!.forEach((count, row) => {
            const isRefined = condition![row]! < MIXED_CONDITION_MAX && block.status[row] === 0;
            assert.ok(isRefined ? count >= 1 && count <= 12 : count === 0, `${count} steps at ${condition![row]}`);
          });
        });
      }), { seed: 20_261_129, numRuns: 8 });
    });
  }

  test(`${name}: above the condition, and where refinement stalls, rows are float64's bit by bit`, { skip }, () => {
    assert.ok(linalg !== null);
    const hard = study({ axes: { ridge: [1e-9, 1e-8], poison_count: [0, 3] } });
    const easy = study({ axes: { ridge: [0.1, 1], poison_count: [0, 3] } });
    const cases: readonly (readonly [Problem, LinalgProvider])[] = [
      [hard, linalg],
      [easy, stalling(linalg, () => true)],
      // Only the poisons' columns: the weights before them were refined already, and are solved again.
      [easy, stalling(linalg, (b) => b.cols === 1)],
    ];
    for (const [problem, provider] of cases) {
      const [found, expected] = [rowsOf(mixed(problem), provider), rowsOf(problem, linalg)];
      found.forEach((block, at) => {
        const { refinement_steps: steps, condition_estimate: condition, ...rest } = block.metrics;
        assert.deepEqual(rest, expected[at]!.metrics);
        assert.ok(steps!.every((count) => count === 0));
        assert.ok(condition!.every((value) => (problem === hard ? value >= MIXED_CONDITION_MAX : value > 1)), String(condition));
      });
    }
  });
}

test("a device is left with nothing of factors that were refused or that stalled", { skip: fake === null }, () => {
  const linalg = openCuda(fake!.variables).provider;
  assert.ok(linalg !== null);
  const before = fake!.used();
  for (const ridge of [[0.1, 1], [1e-9], [0]]) {
    const problem = mixed(study({ axes: { ridge, poison_count: [2] } }));
    for (const provider of [linalg, stalling(linalg, (b) => b.cols === 1)]) rowsOf(problem, provider);
    assert.equal(fake!.used(), before);
  }
  assert.equal(fake!.violations(), 0, fake!.violation());
});

/** One target, so that poisons are one column. */
function study(changes: object): Problem {
  const spec = StudySpec.parse({
    experiment: "krr", name: "mixed", data: { source: "glyphs", train: 40, test: 12 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [0.5, 0.25] } },
    kernel: "rbf", ridge_scaling: "absolute", fixed: { length_scale: 2 }, ...changes,
  });
  if (spec.experiment !== "krr") throw new Error("not krr");
  return { spec, classes: 3, dimension: 4, pool: randomPool(4, 3) };
}

/**
 * A provider whose float32 factors do not solve some right-hand sides. Those of the condition
 * estimate, single columns of size 1, come first and stay as they are.
 */
function stalling(linalg: LinalgProvider, isWrong: (b: Matrix) => boolean): LinalgProvider {
  const wrong = <F extends { solve(b: Matrix): void } | null>(factor: F): F => {
    let left = 6;
    return factor === null ? factor : { ...factor, solve(b: Matrix) {
      factor.solve(b);
      if (b.cols === 1 && left-- > 0) return;
      if (isWrong(b)) b.data.fill(0);
    } };
  };
  const { device } = linalg;
  return {
    ...linalg,
    choleskySingle: (a, shift) => wrong(linalg.choleskySingle(a, shift)),
    ...(device === undefined ? {} : {
      device: { ...device, choleskySingle: (a, shift, into) => wrong(device.choleskySingle(a, shift, into)) },
    }),
  };
}

test("the trace stays between 0 and n, however small or large the ridge", () => {
  const problem = mixed(study({ fixed: { length_scale: 0.05 }, axes: { ridge: [1e-12, 1e-9, 1e12], poison_count: [0] } }));
  for (const { linalg } of providers) {
    if (linalg === null) continue;
    for (const { metrics } of rowsOf(problem, linalg)) {
      const traces = metrics["effective_dof"]!;
      assert.ok(metrics["refinement_steps"]!.every((steps) => steps >= 1));
      assert.ok(traces.every((dof) => dof >= 0 && dof <= 40), String(traces));
      assert.ok(Math.abs(traces[0]! - 40) < 1e-4 && Math.abs(traces[2]!) < 1e-4, String(traces));
    }
  }
});

test("a study of mixed precision has a route, columns and an identity of its own", () => {
  const axes = { ridge: [1e-3, 1e-2, 1e-1, 1], poison_count: [1] };
  const [plain, asked] = [study({ axes }).spec, study({ axes, precision: "mixed" }).spec];
  assert.equal(planStudy(plain).route, "tridiagonal");
  assert.equal(planStudy(asked).route, "cholesky");
  assert.notEqual(identityOf(plain, null), identityOf(asked, null));
});

test("what mixed precision is not offered with is said", () => {
  const base = { experiment: "krr", name: "mixed", data: { source: "glyphs", train: 40, test: 40 }, precision: "mixed",
    kernel: "rbf", axes: { length_scale: [1], ridge: [0.1], poison_count: [1] } };
  const trigger = { kind: "additive", vector: [1] };
  const complaints = (changes: object): string => {
    const found = parseStudy({ ...base, attack: { kind: "clones", trigger }, ...changes });
    return "issues" in found ? found.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n") : "";
  };
  assert.equal(complaints({}), "");
  assert.match(complaints({ attack: { kind: "added", trigger } }), /^precision: mixed is not offered with attack added, /);
  assert.match(complaints({ curvature: { probes: 3 } }), /^precision: mixed is not offered with curvature, /m);
  assert.match(complaints({ screening: { detectors: ["spectral"], probes: 3, blends: 3 } }), /^precision: mixed is not offered with screening, /m);
  assert.match(complaints({ axes: { ...base.axes, gradient_penalty: [0, 1] } }), /^precision: mixed is not offered with gradient_penalty, /m);
  assert.match(complaints({ precision: "single" }), /^precision: /);
});
