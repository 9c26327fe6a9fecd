// Every krr metric at every point of random small studies against dense solves of the whole system.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import * as fc from "fast-check";
import { type ResultBlock, STATUSES } from "../../schema/column.ts";
import { Route } from "../../schema/plan.ts";
import { parseStudy, StudySpec } from "../../schema/study.ts";
import { INSTALL_LINE } from "../support/packages.ts";
import { bruteConstant } from "./brute-constant.ts";
import { bruteForce } from "./brute-force.ts";
import {
  drawOf,
  measure,
  pointsOf,
  type Problem,
  problemsOf,
  PROVIDERS,
  SETUPS,
  sharedBoxes,
} from "./problems.ts";

const seed = 20260131;
/** Values smaller than this are compared absolutely: sums of terms of order 1 leave no more. */
const FLOOR = 1e-3;
let decisions = 0;

function requireEqual(name: string, got: number, want: number): void {
  if (Number.isNaN(want)) return assert.ok(Number.isNaN(got), `${name}: got ${got}, wanted NaN`);
  const error = Math.abs(got - want) / Math.max(Math.abs(want), FLOOR);
  return assert.ok(error <= 1e-9, `${name}: got ${got}, wanted ${want}, off by ${error}`);
}

/** All blocks that routes and providers give for one box, each with its name. */
function blocksOf(problem: Problem, box: Parameters<typeof measure>[3]): [string, ResultBlock][] {
  return PROVIDERS.flatMap(({ name, linalg }) =>
    linalg === null ? [] : Route.options.map((route): [string, ResultBlock] =>
      [`${route} ${name}`, measure(problem, route, linalg, box)]));
}

function examine(problem: Problem): void {
  for (const box of sharedBoxes(problem.spec)) {
    const blocks = blocksOf(problem, box);
    pointsOf(problem.spec, box).forEach((point, row) => {
      const draw = drawOf(problem, point.replicate);
      // Success among no rows at all is not a number.
      const victims = draw.test.labels.filter((label) => label !== point.target).length;
      const metrics = problem.spec.intercept === true ? bruteConstant(problem.spec, draw, point)
        : bruteForce(problem.spec, draw, point).metrics;
      for (const [name, block] of blocks) {
        assert.equal(STATUSES[block.status[row] ?? -1], victims > 0 ? "ok" : "non_finite");
        if (victims === 0) continue;
        decisions += victims + draw.test.rows;
        for (const [metric, want] of Object.entries(metrics)) {
          requireEqual(`${name}: ${metric}`, block.metrics[metric]?.[row] ?? Number.NaN, want);
        }
      }
    });
  }
}

for (const setup of SETUPS) {
  const { kernel, scaling, attack } = setup;
  const what = `${kernel}, ${scaling}, ${attack}`;
  test(`every metric equals its definition by brute force: ${what}`, () => {
    fc.assert(fc.property(problemsOf(setup), examine), { seed, numRuns: 8 });
  });
}

for (const setup of SETUPS.filter(({ attack, scaling }) => attack === "clones" && scaling !== "absolute")) {
  const { kernel, scaling } = setup;
  test(`every metric equals its definition with an intercept: ${kernel}, ${scaling}`, () => {
    const problems = problemsOf(setup).map(withConstant);
    fc.assert(fc.property(problems, examine), { seed, numRuns: 4 });
  });
}

function withConstant(problem: Problem): Problem {
  const spec = StudySpec.parse({ ...problem.spec, intercept: true });
  assert.ok(spec.experiment === "krr");
  return { ...problem, spec };
}

test("an intercept with other attacks or with a penalty is refused", () => {
  const study = { experiment: "krr", name: "refused", intercept: true, kernel: "linear",
    data: { source: "glyphs", train: 9, test: 3 }, axes: { ridge: [1], poison_count: [1] } };
  const refusal = (changes: object): string => {
    const parsed = parseStudy({ ...study, ...changes });
    return parsed.ok ? "" : parsed.issues.map(({ message }) => message).join();
  };
  const trigger = { kind: "cross" };
  assert.match(refusal({ attack: { kind: "added", trigger } }), /attack added: expected clones/);
  const penalised = { attack: { kind: "clones", trigger }, fixed: { gradient_penalty: 1 } };
  assert.match(refusal(penalised), /gradient_penalty: leave one of the two out/);
});

for (const { name, linalg } of PROVIDERS) {
  const skip = linalg === null ? `no ${name}: ${INSTALL_LINE}` : false;
  test(`brute force was compared on ${name}`, { skip }, () => assert.ok(linalg !== null));
}

// Equal shares of rows mean equal decisions, so this many were compared one by one.
after(() => assert.ok(decisions >= 10_000, `only ${decisions} decisions were compared`));
