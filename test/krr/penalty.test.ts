// The gradient penalty at every point of random small studies against dense solves, and its laws.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type ResultBlock, STATUSES } from "../../schema/column.ts";
import { planStudy } from "../../coordinator/plan.ts";
import { type Box, indicesOf } from "../../schema/grid.ts";
import { columnsOf } from "../../schema/experiments/registry.ts";
import { SPHERE_KERNELS } from "../../schema/experiments/krr.ts";
import { identityOf } from "../../schema/identity.ts";
import type { Route } from "../../schema/plan.ts";
import { axesOf, type KrrSpec, parseStudy, StudySpec } from "../../schema/study.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { INSTALL_LINE } from "../support/packages.ts";
import { brutePenalty } from "./brute-penalty.ts";
import {
  drawOf,
  measure,
  pointsOf,
  type Problem,
  problemsOf,
  PROVIDERS,
  randomPool,
  SETUPS,
  sharedBoxes,
} from "./problems.ts";

const seed = 20260207;
const KAPPAS = [0, 0.02, 1.5];

/** The problem with a penalty axis; polynomials of degree 2, radial kernels well conditioned. */
function penalised(problem: Problem, kappas: readonly number[] = KAPPAS): Problem {
  const { spec } = problem;
  const { kernel, axes } = spec;
  const parsed = StudySpec.parse({
    ...spec,
    kernel: kernel.name === "polynomial" ? { ...kernel, degree: 2 } : kernel,
    axes: {
      ...axes,
      ...("length_scale" in axes ? { length_scale: [0.25] } : {}),
      gradient_penalty: kappas,
    },
  });
  assert.ok(parsed.experiment === "krr");
  return { ...problem, spec: parsed };
}

function kappaOf(spec: KrrSpec, row: number): number {
  const axes = axesOf(spec);
  const at = axes.findIndex(({ name }) => name === "gradient_penalty");
  return axes[at]?.values[indicesOf(row, axes.map(({ values }) => values.length))[at] ?? 0] ?? NaN;
}

function requireNear(name: string, got: number, want: number, tolerance: number): void {
  if (Number.isNaN(want)) return assert.ok(Number.isNaN(got), `${name}: got ${got}, wanted NaN`);
  const error = Math.abs(got - want) / Math.max(Math.abs(want), 1e-3);
  return assert.ok(error <= tolerance, `${name}: got ${got}, wanted ${want}, off by ${error}`);
}

function blocksOf(problem: Problem, box: Box): [string, ResultBlock][] {
  return PROVIDERS.flatMap(({ name, linalg }): [string, ResultBlock][] =>
    linalg === null ? [] : [[name, measure(problem, "eigen", linalg, box)]]);
}

function examine(problem: Problem): void {
  for (const box of sharedBoxes(problem.spec)) {
    const blocks = blocksOf(problem, box);
    pointsOf(problem.spec, box).forEach((point, row) => {
      const draw = drawOf(problem, point.replicate);
      const victims = draw.test.labels.filter((label) => label !== point.target).length;
      if (victims === 0) return;
      const wanted = brutePenalty(problem.spec, draw, { ...point, kappa: kappaOf(problem.spec, row) });
      for (const [name, block] of blocks) {
        assert.equal(STATUSES[block.status[row] ?? -1], "ok");
        for (const [metric, want] of Object.entries(wanted)) {
          requireNear(`${name}: ${metric}`, block.metrics[metric]?.[row] ?? NaN, want, 1e-8);
        }
      }
    });
  }
}

// Kernels of rows on the sphere have no gradients in input space here, and are refused.
const isOffered = ({ attack, kernel }: (typeof SETUPS)[number]): boolean =>
  attack === "clones" && !SPHERE_KERNELS.some((name) => name === kernel);

for (const setup of SETUPS.filter(isOffered)) {
  test(`every penalised metric equals its definition: ${setup.kernel}, ${setup.scaling}`, () => {
    const problems = problemsOf(setup).map((problem) => penalised(problem));
    fc.assert(fc.property(problems, examine), { seed, numRuns: 2 });
  });
}

const small = {
  experiment: "krr", name: "small", seed: 4,
  data: { source: "glyphs", train: 18, test: 9 },
  attack: { kind: "clones", trigger: { kind: "additive", vector: [0.6, -0.4] } },
  kernel: "rbf",
  fixed: { length_scale: 0.3 },
  axes: { ridge: [0.003, 0.1], poison_count: [0, 1, 6], target: [0, 2] },
};
const SETTINGS = new Set(["gradient_mean_square", "length_scale_effective"]);

function problemOf(changes: object): Problem {
  const spec = StudySpec.parse({ ...small, ...changes });
  assert.ok(spec.experiment === "krr");
  return { spec, classes: 3, dimension: 2, pool: randomPool(2, 3) };
}

function blockOf(problem: Problem, route: Route, linalg: LinalgProvider): ResultBlock {
  const [box] = sharedBoxes(problem.spec);
  assert.ok(box !== undefined);
  return measure(problem, route, linalg, box);
}

for (const { name, linalg } of PROVIDERS) {
  const skip = linalg === null ? `no ${name}: ${INSTALL_LINE}` : false;
  for (const kernel of ["rbf", "laplace", "matern32", "matern52", "linear", "polynomial"]) {
    test(`κ = 0 is the plain route to 1e-9: ${kernel}, ${name}`, { skip }, () => {
      if (linalg === null) return;
      const fixed = kernel === "linear" || kernel === "polynomial" ? {} : small.fixed;
      const axes = { ...small.axes, gradient_penalty: [0, 0.5] };
      const plain = blockOf(problemOf({ kernel, fixed }), "tridiagonal", linalg);
      const both = blockOf(problemOf({ kernel, fixed, axes }), "eigen", linalg);
      for (const [metric, values] of Object.entries(plain.metrics)) {
        values.forEach((want, row) => {
          requireNear(`${metric} of ${row}`, both.metrics[metric]?.[2 * row] ?? NaN, want, 1e-9);
        });
      }
      assert.deepEqual(Object.keys(both.metrics).filter((key) => !(key in plain.metrics)),
        [...SETTINGS]);
    });
  }

  test(`for the linear kernel κ is exactly extra ridge (n + m) κ: ${name}`, { skip }, () => {
    if (linalg === null) return;
    for (const kappa of [0.01, 0.7]) {
      for (const m of [0, 1, 6]) {
        const linear = { kernel: "linear", ridge_scaling: "absolute" };
        const extra = kappa * (18 + m);
        const got = blockOf(problemOf({ ...linear, fixed: { poison_count: m },
          axes: { ridge: [0.2, 3], gradient_penalty: [kappa], target: [0, 2] } }), "eigen", linalg);
        const want = blockOf(problemOf({ ...linear, fixed: { poison_count: m },
          axes: { ridge: [0.2 + extra, 3 + extra], target: [0, 2] } }), "tridiagonal", linalg);
        for (const metric of ["clean_accuracy", "attack_success_rate", "effective_dof", "train_mse"]) {
          want.metrics[metric]?.forEach((value, row) => {
            requireNear(`${metric}, κ ${kappa}, m ${m}`, got.metrics[metric]?.[row] ?? NaN, value, 1e-10);
          });
        }
      }
    }
  });

  test(`a penalised point has the same bits measured alone: ${name}`, { skip }, () => {
    if (linalg === null) return;
    const problem = problemOf({ axes: { gradient_penalty: [0.3, 0, 2], ...small.axes } });
    const whole = blockOf(problem, "eigen", linalg);
    const sizes = axesOf(problem.spec).map(({ values }) => values.length);
    for (let point = 0; point < whole.status.length; point += 5) {
      const from = indicesOf(point, sizes);
      const one = measure(problem, "eigen", linalg, { from, to: from.map((index) => index + 1) });
      for (const [metric, values] of Object.entries(whole.metrics)) {
        assert.ok(Object.is(one.metrics[metric]?.[0], values[point]), `${metric} of ${point}`);
      }
    }
  });
}

test("a kernel that overflows gives rows of every κ that are not finite", () => {
  const problem = problemOf({ kernel: { name: "polynomial", degree: 20, gamma: 1e30 }, fixed: {},
    axes: { ...small.axes, gradient_penalty: KAPPAS } });
  const { linalg } = PROVIDERS[0] ?? {};
  assert.ok(linalg !== undefined && linalg !== null);
  const block = blockOf(problem, "eigen", linalg);
  assert.ok([...block.status].every((status) => STATUSES[status] === "non_finite"));
  assert.ok(block.metrics["ridge_absolute"]?.every((c) => c > 0));
});

const REFUSALS: Record<string, [object, RegExp]> = {
  "distinct poisons": [{ attack: { ...small.attack, kind: "added" } }, /offered with attack clones/],
  "no ridge": [{ axes: { ...small.axes, ridge: [0, 1], gradient_penalty: [1] } }, /> 0 with gradient_penalty/],
  "curvature": [{ curvature: { probes: 2 } }, /not measured under a gradient_penalty, .*: leave one of the two out/],
  "a negative penalty": [{ axes: { ...small.axes, gradient_penalty: [-1] } }, /expected a number ≥ 0, got -1/],
};

for (const [what, [changes, message]] of Object.entries(REFUSALS)) {
  test(`a penalised study with ${what} is refused in words that teach`, () => {
    const axes = { ...small.axes, gradient_penalty: [0, 1] };
    const parsed = parseStudy({ ...small, axes, ...changes });
    assert.ok(!parsed.ok);
    assert.ok(parsed.issues.some((issue) => message.test(issue.message)), JSON.stringify(parsed.issues));
  });
}

test("κ fixed at 0 is a study without a penalty", () => {
  const plain = problemOf({}).spec;
  const zero = problemOf({ fixed: { ...small.fixed, gradient_penalty: 0 } }).spec;
  assert.deepEqual(columnsOf(zero), columnsOf(plain));
  assert.equal(identityOf(zero, null), identityOf(plain, null));
  assert.equal(planStudy(plain).route, "tridiagonal");
  assert.equal(planStudy(problemOf({ fixed: { ...small.fixed, gradient_penalty: 2 } }).spec).route, "eigen");
});
