// Screening on a device: columns are the host's, no training set's kernel is carried there, memory
// is what was planned, and nothing of it stays, whatever failed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResultBlock } from "../../schema/column.ts";
import { ComputeError } from "../../schema/failure.ts";
import { krrShape } from "../../schema/experiments/krr-cost.ts";
import { residentMemoryBytes } from "../../schema/experiments/krr-device.ts";
import { StudySpec } from "../../schema/study.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { openCuda } from "../../worker/linalg/cuda.ts";
import { createPortable } from "../../worker/linalg/portable.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { measure, orderOf, type Problem, randomPool, sharedBoxes } from "../krr/problems.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";
import { there } from "../support/there.ts";

const skip = whyNoFake() ?? false;
const fake = skip === false ? buildFakeCuda() : null;
const cuda = fake === null ? null : openCuda(fake.variables).provider;
const portable = createPortable();

const TRIGGER = { kind: "additive", vector: [0.5, 1.25] };

function study(changes: object, dimension = 5): Problem {
  const spec = StudySpec.parse({
    experiment: "krr",
    name: "screened",
    // At some seeds two clusters are as good as each other and the last bits decide: on the host, too, those of
    // seeds 1, 3, 4, 8 and 9 change when kernel values are moved by 4e-16 of themselves, those of seed 5 do not.
    seed: 5,
    data: { source: "glyphs", train: 60, test: 40 },
    attack: { kind: "clones", trigger: TRIGGER },
    kernel: "rbf",
    fixed: { length_scale: 0.8 },
    screening: { probes: 8, blends: 6, partitions: 7 },
    axes: { ridge: [0.01, 0.1], poison_count: [0, 3, 8], target: [1] },
    ...changes,
  });
  if (spec.experiment !== "krr") throw new Error("not krr");
  return { spec, classes: 3, dimension, pool: randomPool(dimension, 3) };
}

function rowsOf(problem: Problem, linalg: LinalgProvider): ResultBlock {
  const box = there(sharedBoxes(problem.spec)[0]);
  const bench = krr.prepare(orderOf(problem, "cholesky"), box, { linalg, pool: problem.pool });
  try {
    return bench.measure(box);
  } finally {
    bench.release?.();
  }
}

const STUDIES: Readonly<Record<string, object>> = {
  clones: {},
  "clones of a linear kernel without a ridge, some of whose systems are singular": { kernel: "linear", fixed: {},
    axes: { ridge: [0, 0.1], poison_count: [3], target: [1] } },
  "distinct poisons of two strengths and targets": { attack: { kind: "added", trigger: TRIGGER },
    axes: { ridge: [0.05], poison_count: [2, 5], target: [0, 2], trigger_strength: [1, -0.5] } },
  "poisons in the place of clean rows": { attack: { kind: "replace", trigger: TRIGGER } },
  "a spherical kernel, with curvature": { kernel: "nngp", fixed: {}, curvature: { probes: 2 },
    screening: { detectors: ["spectral", "clustering", "spectre", "scan"] } },
};

for (const [name, changes] of Object.entries(STUDIES)) {
  test(`screening has the host's columns: ${name}`, { skip }, () => {
    const problem = study(changes);
    const expected = measure(problem, "cholesky", portable, there(sharedBoxes(problem.spec)[0]));
    const found = rowsOf(problem, there(cuda));
    assert.deepEqual(found.status, expected.status);
    const screened = Object.keys(expected.metrics).filter((column) => /^(spectral|clustering|spectre|scan|strip|dpa)_/.test(column));
    assert.ok(screened.length >= 9);
    for (const column of screened) {
      expected.metrics[column]!.forEach((value, row) => {
        const own = found.metrics[column]![row]!;
        assert.ok(Object.is(own, value) || Math.abs(own - value) <= 1e-9, `${column} of row ${row}: ${own}, expected ${value}`);
      });
    }
    assert.equal(there(fake).violations(), 0, there(fake).violation());
  });
}

test("no training set's kernel goes up, and no more memory is taken than was planned", { skip }, () => {
  const problem = study({ data: { source: "glyphs", train: 200, test: 40 }, screening: { detectors: ["strip"], probes: 8, blends: 6 },
    axes: { ridge: [0.01, 0.1], poison_count: [0, 8], target: [1] } });
  const order = orderOf(problem, "cholesky");
  there(fake).watchUploads(8 * 200 ** 2);
  const before = there(fake).used();
  there(fake).peak();
  rowsOf(problem, there(cuda));
  const taken = there(fake).peak() - before;
  assert.equal(there(fake).watchedUploads(), 0);
  const planned = residentMemoryBytes(krrShape(problem.spec, there(order.data), order.plan), "potrf");
  assert.ok(taken <= planned, `${taken} bytes of ${planned}`);
});

test("memory is flat over many jobs with screening, and after each that ran out of it", { skip }, () => {
  const problem = study({ data: { source: "glyphs", train: 14, test: 12 }, screening: { probes: 3, blends: 3, partitions: 2 },
    axes: { ridge: [0.1], poison_count: [0, 2], target: [1] } });
  const run = (): ResultBlock => rowsOf(problem, there(cuda));
  run();
  const before = there(fake).used();
  for (let round = 0; round < 10; round++) run();
  assert.equal(there(fake).used(), before);
  const start = there(fake).allocations();
  run();
  const count = there(fake).allocations() - start;
  for (let failing = 1; failing <= count; failing += 2) {
    there(fake).failMalloc(failing);
    assert.throws(run, (error) => error instanceof ComputeError && error.code === "out_of_memory");
    assert.equal(there(fake).used(), before, `allocation ${failing} of ${count}`);
  }
  there(fake).failMalloc(0);
});
