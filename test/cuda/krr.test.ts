// Jobs whose matrices stay on the device: the rows of the portable provider, on either route; the
// same bits in parts; and no device memory left behind, whatever failed.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { ResultBlock } from "../../schema/column.ts";
import { ComputeError } from "../../schema/failure.ts";
import type { Box } from "../../schema/grid.ts";
import type { Route } from "../../schema/plan.ts";
import { StudySpec } from "../../schema/study.ts";
import { BenchCache } from "../../worker/bench-cache.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { openCuda } from "../../worker/linalg/cuda.ts";
import { createPortable } from "../../worker/linalg/portable.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { measure, orderOf, type Problem, problemsOf, randomPool, SETUPS, sharedBoxes } from "../krr/problems.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";
import { there } from "../support/there.ts";

const skip = whyNoFake() ?? false;
const seed = 20_260_714;
/** The plan's routes that make a device take one Cholesky factor a ridge, and eigenvectors. */
const ROUTES: readonly Route[] = ["cholesky", "eigen"];

const fake = skip === false ? buildFakeCuda() : null;
const cuda = fake === null ? null : openCuda(fake.variables).provider;
const portable = createPortable();

/** What the tests need is there unless they are skipped. */
/** Measures a box on a bench of its own, which is released. */
function rowsOf(problem: Problem, route: Route, linalg: LinalgProvider, box: Box): ResultBlock {
  const bench = krr.prepare(orderOf(problem, route), box, { linalg, pool: problem.pool });
  const result = bench.measure(box);
  bench.release?.();
  return result;
}

function assertClose(actual: ResultBlock, expected: ResultBlock, what: string, most = 1e-9): void {
  assert.deepEqual(actual.status, expected.status, `${what}: status`);
  for (const [name, column] of Object.entries(expected.metrics)) {
    column.forEach((value, row) => {
      const found = actual.metrics[name]![row]!;
      const gap = Math.abs(found - value);
      const isClose = Object.is(found, value) || gap <= most * Math.max(Math.abs(value), FLOOR);
      assert.ok(isClose, `${what}: ${name} of row ${row}: ${found}, expected ${value}`);
    });
  }
}

/** Differences of numbers of order one: below this they are rounding error. */
const FLOOR = 1e-3;

for (const setup of SETUPS) {
  const name = `${setup.kernel}, ${setup.scaling}, ${setup.attack}`;
  test(`rows on a device are those of the host: ${name}`, { skip }, () => {
    fc.assert(fc.property(problemsOf(setup), fc.constantFrom(...ROUTES), (problem, route) => {
      for (const box of sharedBoxes(problem.spec)) {
        const expected = measure(problem, route, portable, box);
        assertClose(rowsOf(problem, route, there(cuda), box), expected, JSON.stringify(problem.spec));
      }
    }), { seed, numRuns: 6 });
    assert.equal(there(fake).violations(), 0, there(fake).violation());
  });
}

/** Clones of both kinds of target, with an intercept, at the median distance. */
function study(changes: object): Problem {
  const spec = StudySpec.parse({
    experiment: "krr",
    name: "device",
    seed: 5,
    data: { source: "glyphs", train: 30, test: 12 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [0.5, 0.25] } },
    kernel: { name: "rbf", length_scale_unit: "median_distance" },
    axes: { ridge: [1e-4, 1e-2, 1], length_scale: [0.5, 1], poison_count: [0, 1, 5], target: [0, 2] },
    ...changes,
  });
  if (spec.experiment !== "krr") throw new Error("not krr");
  return { spec, classes: 3, dimension: 4, pool: randomPool(4, 3) };
}

test("an intercept and the median distance are the host's", { skip }, () => {
  const problem = study({ intercept: true });
  for (const route of ROUTES) {
    for (const box of sharedBoxes(problem.spec)) {
      assertClose(rowsOf(problem, route, there(cuda), box), measure(problem, route, portable, box), route);
    }
  }
});

test("a ridge of 0 on a singular kernel fails the rows that it fails on the host", { skip }, () => {
  const problem = study({ kernel: "linear", axes: { ridge: [0, 0.5], poison_count: [1, 2] } });
  for (const route of ROUTES) {
    const [box] = sharedBoxes(problem.spec);
    const found = rowsOf(problem, route, there(cuda), there(box ?? null));
    assertClose(found, measure(problem, route, portable, there(box ?? null)), route);
    assert.ok(found.status.some((status) => status !== 0));
  }
});

const EXTRAS: Readonly<Record<string, { readonly changes: object; readonly isClose: number }>> = {
  curvature: { changes: { curvature: { probes: 3 } }, isClose: 1e-6 },
  screening: { changes: { screening: { detectors: ["spectral", "strip"], probes: 3, blends: 3 } }, isClose: 1e-6 },
  shortcut: { changes: { attack: { kind: "shortcut", patch: 1 } }, isClose: 1e-9 },
};

for (const [name, { changes, isClose }] of Object.entries(EXTRAS)) {
  test(`${name}: all columns are the host's, wherever a device computes them`, { skip }, () => {
    const problem = study({ ...changes, axes: { ridge: [0.1], poison_count: [0, 2], length_scale: [1] } });
    for (const box of sharedBoxes(problem.spec)) {
      const [found, expected] = [rowsOf(problem, "cholesky", there(cuda), box), measure(problem, "cholesky", portable, box)];
      assert.deepEqual(Object.keys(found.metrics), Object.keys(expected.metrics));
      assertClose(found, expected, name, isClose);
    }
  });
}

test("memory is flat over 1,000 jobs through the cache of benches", { skip }, () => {
  const data = { source: "glyphs", train: 10, test: 4 };
  const axes = { ridge: [0.01], length_scale: [0.5, 1], poison_count: [1] };
  const problem = study({ data, axes });
  const order = orderOf(problem, "eigen");
  const cache = new BenchCache(1);
  const job = (box: Box): void => {
    const linalg = there(cuda);
    void cache.get(krr.benchKey(order, box), () => krr.prepare(order, box, { linalg, pool: problem.pool })).measure(box);
  };
  const boxes = sharedBoxes(problem.spec);
  boxes.forEach(job);
  const after = there(fake).used();
  for (let round = 0; round < 500; round++) boxes.forEach(job);
  assert.equal(there(fake).used(), after);
});

test("memory that runs out at any point of a job is a resource failure that leaves none", { skip }, () => {
  const problem = study({});
  const [box] = sharedBoxes(problem.spec);
  const before = there(fake).used();
  for (const route of ROUTES) {
    const run = (): ResultBlock => rowsOf(problem, route, there(cuda), there(box ?? null));
    const start = there(fake).allocations();
    run();
    const count = there(fake).allocations() - start;
    for (let failing = 1; failing <= count; failing++) {
      there(fake).failMalloc(failing);
      let bench: ReturnType<typeof krr.prepare> | undefined;
      assert.throws(() => {
        const order = orderOf(problem, route);
        bench = krr.prepare(order, there(box ?? null), { linalg: there(cuda), pool: problem.pool });
        bench.measure(there(box ?? null));
      }, (error) => error instanceof ComputeError && error.code === "out_of_memory");
      bench?.release?.();
      assert.equal(there(fake).used(), before, `${route}, allocation ${failing} of ${count}`);
    }
    there(fake).failMalloc(0);
  }
});

test("a job that does not fit is refused before it takes anything, with its size", { skip }, () => {
  const problem = study({});
  const [box] = sharedBoxes(problem.spec);
  const start = there(fake).allocations();
  there(fake).setMemory(there(fake).used() + 20_000);
  assert.throws(() => rowsOf(problem, "eigen", there(cuda), there(box ?? null)),
    /cuda: a krr job of 30 training and 12 test rows needs [\d.]+ KiB of device memory: 19\.5 KiB of/);
  assert.equal(there(fake).allocations(), start);
  there(fake).setMemory(2 ** 30);
});

test("how a job was computed stands behind the provider's name", { skip }, () => {
  const problem = study({});
  const [box] = sharedBoxes(problem.spec);
  const details = ROUTES.map((route) => {
    const bench = krr.prepare(orderOf(problem, route), there(box ?? null), { linalg: there(cuda), pool: problem.pool });
    bench.release?.();
    return bench.detail;
  });
  assert.deepEqual(details, ["potrf, float64", "syevd, float64"]);
});
