// Curvature on a device: products with X' are the host's, X' goes up once for a job, memory is what
// was planned, and nothing of it stays, whatever failed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResultBlock } from "../../schema/column.ts";
import { ComputeError } from "../../schema/failure.ts";
import { krrShape } from "../../schema/experiments/krr-cost.ts";
import { CURVED_COLUMNS_MOST } from "../../schema/experiments/krr-curvature-cost.ts";
import { residentMemoryBytes } from "../../schema/experiments/krr-device.ts";
import type { Box } from "../../schema/grid.ts";
import type { Route } from "../../schema/plan.ts";
import { StudySpec } from "../../schema/study.ts";
import { gradientsInto } from "../../worker/experiments/krr/curvature/jacobian.ts";
import { type Application, applyMany, type Operator, type ProbeRows } from "../../worker/experiments/krr/curvature/operators.ts";
import type { Profile } from "../../worker/experiments/krr/curvature/profile.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { curvedRows } from "../../worker/experiments/krr/resident/curved-rows.ts";
import { openCuda } from "../../worker/linalg/cuda.ts";
import type { Matrix } from "../../worker/linalg/matrix.ts";
import { createPortable } from "../../worker/linalg/portable.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { distance, random } from "../contract/linalg/matrices.ts";
import { measure, orderOf, type Problem, randomPool, sharedBoxes } from "../krr/problems.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";
import { there } from "../support/there.ts";

const skip = whyNoFake() ?? false;
const fake = skip === false ? buildFakeCuda() : null;
const cuda = fake === null ? null : openCuda(fake.variables).provider;
const portable = createPortable();

const [D, N] = [7, 23];

function profileOf(probes: number, seed: number): Profile {
  const own = (at: number): Matrix => random(N, probes, seed + at);
  return { kernel: own(0), toRow: own(1), toProbe: own(2), rowRow: own(3), rowProbe: own(4), probeProbe: own(5),
    identity: own(6), trace: own(7), crossShare: null, cusps: 0 };
}

/** Of a model of two outputs; every third search has no C. */
function searchOf(at: number): Pick<Application, "operators" | "frame"> & { readonly probes: Matrix } {
  const [many, b] = [1 + (at % 5), 1 + (at % 4)];
  return {
    frame: random(D, 3 * b, 100 * at + 30),
    probes: random(D, b, 100 * at + 31),
    operators: Array.from({ length: many }, (_, p): Operator => ({
      rows: random(N, 1, 100 * at + p).data,
      cross: at % 3 === 0 ? null : random(N, b, 100 * at + 10 + p),
      blocks: random(3, 3 * b, 100 * at + 20 + p),
      shift: 0.3 + p,
      trace: 0,
    })),
  };
}

function closeTo(found: Matrix, expected: Matrix): void {
  const size = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  assert.ok(distance(found, expected) <= 1e-12 * size, String(distance(found, expected)));
}

/** Runs with X' on the device, within so many bytes of probe sets and of operators. */
function onDevice(bytes: number, run: (rows: Omit<ProbeRows, "probes">, host: Matrix) => void): void {
  const { device } = there(cuda);
  const rows = random(D, N, 1);
  const workspace = device.open("a test");
  const before = there(fake).used();
  try {
    const on = curvedRows({ device, rows: workspace.upload(rows), workspace,
      profileBytes: bytes, operatorBytes: bytes });
    run({ rows, device: on }, rows);
    on.forget();
  } finally {
    workspace.release();
  }
  assert.equal(there(fake).used(), before);
  assert.equal(there(fake).violations(), 0, there(fake).violation());
}

test("gradients are the host's, of few outputs and of more than one product takes", { skip }, () => onDevice(0, (on, rows) => {
  for (const [probes, outputs] of [[1, 1], [5, 3], [CURVED_COLUMNS_MOST, 3], [2, CURVED_COLUMNS_MOST + 1]] as const) {
    const [weights, profile, own] = [random(N, outputs, 2), profileOf(probes, 3), random(D, probes, 4)];
    const [found, expected] = [{ ...on, probes: own }, { rows, probes: own }].map((set) => {
      const out = random(D, probes * outputs, 5);
      return { share: gradientsInto(out, weights, profile, set, portable), out };
    });
    closeTo(there(found).out, there(expected).out);
    closeTo(there(found).share, there(expected).share);
  }
}));

for (const [what, bytes] of [["all searches", 1e9], ["one search", 0]] as const) {
  test(`products of many searches are the host's, where ${what} can be kept`, { skip }, () => onDevice(bytes, (on, rows) => {
    const searches = Array.from({ length: 50 }, (_, at) => searchOf(at));
    const step = (round: number, set: Omit<ProbeRows, "probes">): Matrix[] => applyMany(searches.map(({ probes, operators, frame }, at): Application =>
      ({ operators, frame, set: { ...set, probes }, vectors: random(D, 1 + ((at + round) % 14), at + round) })), portable);
    for (const round of [0, 1, 2]) {
      const expected = step(round, { rows });
      const found = step(round, on);
      assert.ok(expected.reduce((sum, { cols }) => sum + cols, 0) > CURVED_COLUMNS_MOST);
      expected.forEach((one, at) => closeTo(found[at]!, one));
    }
  }));
}

function study(changes: object): Problem {
  const spec = StudySpec.parse({
    experiment: "krr",
    name: "curved",
    seed: 5,
    data: { source: "glyphs", train: 30, test: 60 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [0.5, 0.25] } },
    kernel: "rbf",
    fixed: { length_scale: 0.8 },
    curvature: { probes: 3, bottom: true },
    axes: { ridge: [0.05, 0.2], poison_count: [0, 1, 5], target: [0, 2] },
    ...changes,
  });
  if (spec.experiment !== "krr") throw new Error("not krr");
  return { spec, classes: 3, dimension: 6, pool: randomPool(6, 3) };
}

function rowsOf(problem: Problem, route: Route, linalg: LinalgProvider, box: Box): ResultBlock {
  const bench = krr.prepare(orderOf(problem, route), box, { linalg, pool: problem.pool });
  try {
    return bench.measure(box);
  } finally {
    bench.release?.();
  }
}

/** Found by a search, which ends when eigenvalues are known to 1e-8 and vectors to 1e-4. */
const SEARCHED: readonly (readonly [RegExp, number])[] = [[/overlap|best_index|gap/, 1e-4], [/_(top|bottom)_/, 1e-8]];

function assertClose(actual: ResultBlock, expected: ResultBlock, what: string): void {
  assert.deepEqual(Object.keys(actual.metrics), Object.keys(expected.metrics));
  assert.deepEqual(actual.status, expected.status, `${what}: status`);
  for (const [name, column] of Object.entries(expected.metrics)) {
    const most = SEARCHED.find(([columns]) => columns.test(name))?.[1] ?? 1e-9;
    column.forEach((value, row) => {
      const found = actual.metrics[name]![row]!;
      const isClose = Object.is(found, value) || Math.abs(found - value) <= most * Math.max(Math.abs(value), 1e-3);
      assert.ok(isClose, `${what}: ${name} of row ${row}: ${found}, expected ${value}`);
    });
  }
}

const STUDIES: Readonly<Record<string, object>> = {
  "clones of a radial kernel, near probes": { axes: { ridge: [0.05, 0.2], poison_count: [0, 1, 5], probe_distance: [0, 0.1] } },
  "clones of a spherical kernel": { kernel: "nngp", fixed: {} },
  "clones of a polynomial": { kernel: { name: "polynomial", degree: 2, offset: 0.5 }, fixed: {} },
  "clones, each probe's own Hessian": { curvature: { probes: 2, references: 39, pointwise: true },
    axes: { ridge: [0.1], poison_count: [0, 4] } },
  "clones whose ridge follows the count, two strengths": { ridge_scaling: "total_n", axes: { ridge: [0.05], poison_count: [0, 4], trigger_strength: [1, -0.5] } },
  "distinct poisons": { attack: { kind: "added", trigger: { kind: "additive", vector: [0.5, 0.25] } } },
  "distinct poisons, conformal tests": { attack: { kind: "added", trigger: { kind: "additive", vector: [0.5] } },
    curvature: { probes: 2, references: 39, pointwise: true }, axes: { ridge: [0.1], poison_count: [0, 4] } },
};

for (const [name, changes] of Object.entries(STUDIES)) {
  test(`rows with curvature are the host's: ${name}`, { skip }, () => {
    const problem = study(changes);
    for (const route of ["cholesky", "eigen"] as const) {
      const [box] = sharedBoxes(problem.spec);
      assertClose(rowsOf(problem, route, there(cuda), there(box)), measure(problem, route, portable, there(box)), `${name}, ${route}`);
    }
    assert.equal(there(fake).violations(), 0, there(fake).violation());
  });
}

for (const kind of ["clones", "added"]) test(`X goes up once for a job of many lines of ${kind}, and no more memory is taken than was planned`, { skip }, () => {
  const { spec, classes } = study({ attack: { kind, trigger: { kind: "additive", vector: [0.5] } }, data: { source: "glyphs", train: 300, test: 20 }, curvature: { probes: 2 },
    axes: { ridge: [0.05, 0.1, 0.2, 0.4], poison_count: [0, 1, 15], target: [0, 2] } });
  // Of more features than any operator has columns, so that nothing else that goes up is as large.
  const dimension = 20;
  const problem = { spec, classes, dimension, pool: randomPool(dimension, classes) };
  const [box] = sharedBoxes(spec);
  for (const route of ["cholesky", "eigen"] as const) {
    const order = orderOf(problem, route);
    const shape = krrShape(spec, there(order.data), order.plan);
    there(fake).watchUploads(8 * dimension * spec.data.train);
    const before = there(fake).used();
    there(fake).peak();
    rowsOf(problem, route, there(cuda), there(box));
    const taken = there(fake).peak() - before;
    assert.ok(taken <= residentMemoryBytes(shape, route === "eigen" ? "syevd" : "potrf"), `${taken} bytes`);
    assert.equal(there(fake).watchedUploads(), 1);
  }
});

test("memory is flat over many jobs with curvature, and after each that ran out of it", { skip }, () => {
  for (const kind of ["clones", "added"]) {
    const problem = study({ data: { source: "glyphs", train: 14, test: 16 }, curvature: { probes: 1 },
      attack: { kind, trigger: { kind: "additive", vector: [0.5] } }, axes: { ridge: [0.1], poison_count: [0, 2] } });
    const [box] = sharedBoxes(problem.spec);
    const run = (): ResultBlock => rowsOf(problem, "eigen", there(cuda), there(box));
    run();
    const before = there(fake).used();
    for (let round = 0; round < 30; round++) run();
    assert.equal(there(fake).used(), before);
    const start = there(fake).allocations();
    run();
    const count = there(fake).allocations() - start;
    for (let failing = 1; failing <= count; failing += kind === "clones" ? 1 : 5) {
      there(fake).failMalloc(failing);
      assert.throws(run, (error) => error instanceof ComputeError && error.code === "out_of_memory");
      assert.equal(there(fake).used(), before, `${kind}, allocation ${failing} of ${count}`);
    }
    there(fake).failMalloc(0);
  }
});
