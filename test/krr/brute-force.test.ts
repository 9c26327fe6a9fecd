// Every krr metric at every point of random small studies against dense solves of the whole system.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import * as fc from "fast-check";
import { type ResultBlock, STATUSES } from "../../schema/column.ts";
import { Route } from "../../schema/plan.ts";
import { INSTALL_LINE } from "../support/packages.ts";
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
      const { metrics } = bruteForce(problem.spec, draw, point);
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

for (const { name, linalg } of PROVIDERS) {
  const skip = linalg === null ? `no ${name}: ${INSTALL_LINE}` : false;
  test(`brute force was compared on ${name}`, { skip }, () => assert.ok(linalg !== null));
}

// Equal shares of rows mean equal decisions, so this many were compared one by one.
after(() => assert.ok(decisions >= 10_000, `only ${decisions} decisions were compared`));
