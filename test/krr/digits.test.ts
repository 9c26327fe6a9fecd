// Reference measurements on 8 × 8 digits, made by other code on other draws, reproduced within
// sampling error: n = 1200, a 2 × 2 corner trigger, target 0, pixels from 0 to 1, c = n λ.
//
// Which corner is not said. It is told from a quantity that no attack enters, the linear kernel's posterior
// variance (0.10 of k(ζ, ζ)): the left corners, which digits hardly ever touch, have it, and the right ones are
// twenty times below. Attack success is then examined at both left corners, so it had no say in the choice.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { DataPool, Labelled } from "../../data/draw.ts";
import { type KrrSpec, StudySpec } from "../../schema/study.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { sharedData, skipWithout } from "../support/shared.ts";
import { drawOf, measure, mulberry, type Problem, sharedBoxes } from "./problems.ts";

const { provider: linalg } = openProvider("auto");
const FILE = "digits/digits.csv.gz";
const REPLICATES = 4;
const TRAIN = 1200;
const TEST = 300;

/** Pixels from 0 to 1, row by row, and labels of the whole file, read once. */
let file: { readonly labels: Int32Array; readonly pixels: Float64Array } | undefined;

function readFileOnce(): NonNullable<typeof file> {
  if (file !== undefined) return file;
  const text = gunzipSync(readFileSync(sharedData(FILE) ?? "")).toString();
  const rows = text.trim().split("\n").map((line) => line.split(",").map(Number));
  const pixels = Float64Array.from(rows.flatMap((row) => row.slice(0, 64).map((pixel) => pixel / 16)));
  file = { labels: Int32Array.from(rows, (row) => row[64] ?? -1), pixels };
  return file;
}

function digits(): DataPool {
  const { labels, pixels } = readFileOnce();
  return {
    draw(size, seed) {
      const random = mulberry(seed);
      const order = [...labels.keys()].map((row) => [random(), row] as const).sort(([a], [b]) => a - b).map(([, row]) => row);
      const take = (from: number, count: number): Labelled => {
        const some = order.slice(from, from + count);
        const features = new Float64Array(64 * some.length);
        some.forEach((row, i) => features.set(pixels.subarray(64 * row, 64 * (row + 1)), 64 * i));
        return { rows: some.length, dimension: 64, labels: Int32Array.from(some, (row) => labels[row] ?? -1), features };
      };
      return { train: take(0, size.train), test: take(size.train, size.test),
        bases: take(size.train + size.test, size.bases), classes: 10, image: [8, 8, 1] };
    },
  };
}

function problemOf(parts: Record<string, unknown>, axes: Record<string, unknown>): Problem & { readonly spec: KrrSpec } {
  const spec = StudySpec.parse({
    experiment: "krr", name: "digits", seed: 4,
    data: { source: "glyphs", train: TRAIN, test: TEST, standardise: "none" },
    axes: { replicate: Array.from({ length: REPLICATES }, (_, i) => i), ...axes }, ...parts,
  });
  assert.ok(spec.experiment === "krr");
  return { spec, classes: 10, dimension: 64, pool: digits() };
}

/** A column's values by replicate, at each point of the last axis. */
function measured(parts: Record<string, unknown>, axes: Record<string, unknown>): (name: string) => number[][] {
  const problem = problemOf(parts, axes);
  const blocks = sharedBoxes(problem.spec).map((box) => measure(problem, "cholesky", linalg, box));
  return (name) => blocks.map(({ metrics }) => Array.from(metrics[name] ?? []));
}

/** Whether a reference from one draw fits these draws: five deviations, and its own rounding. */
function fits(values: readonly number[], reference: number, what: string): void {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
  const allowed = 5 * Math.sqrt(variance * (1 + 1 / values.length)) + 0.01;
  assert.ok(Math.abs(mean - reference) <= allowed, `${what}: mean ${mean}, reference ${reference}, allowed ${allowed}`);
}

const LEFT = [[0, 0], [6, 0]] as const;
const RIGHT = [[0, 6], [6, 6]] as const;
const patch = ([row, column]: readonly [number, number]): object => ({ kind: "patch", size: 2, row, column });

const skip = skipWithout(FILE);
const median = (name: string): unknown => ({ name, length_scale_unit: "median_distance" });

/** s / k(ζ, ζ) of the linear kernel by replicate, ζ the first base row outside the target with the trigger on it. */
function linearVariances(corner: readonly [number, number]): number[] {
  const attack = { kind: "clones", trigger: patch(corner) };
  const parts = { kernel: "linear", fixed: { ridge: 1e-4 }, attack };
  const variances = measured(parts, { poison_count: [1] })("posterior_variance").map(([value]) => value ?? NaN);
  const [row, column] = corner;
  return variances.map((variance, replicate) => {
    const { bases } = drawOf(problemOf(parts, { poison_count: [1] }), replicate);
    const first = bases.labels.findIndex((label) => label !== 0);
    const zeta = bases.features.slice(first * 64, (first + 1) * 64);
    for (const y of [row, row + 1]) for (const x of [column, column + 1]) zeta[8 * y + x] = 1;
    return variance / zeta.reduce((sum, pixel) => sum + pixel * pixel, 0);
  });
}

test("the corner is a left one: only there the linear kernel's posterior variance is that measured elsewhere", { skip }, () => {
  for (const corner of LEFT) fits(linearVariances(corner), 0.1, `corner ${corner.join()}`);
  for (const corner of RIGHT) {
    const values = linearVariances(corner);
    assert.ok(Math.max(...values) < 0.02, `corner ${corner.join()}: ${values.join(" ")}`);
  }
});

for (const corner of LEFT) test(`attack success along the poison count is that measured elsewhere: corner ${corner.join()}`, { skip }, () => {
  const counts = [0, 5, 20, 60, 150];
  const cases = [
    { kernel: median("rbf"), ridge: 1e-4, want: [0.61, 0.99, 1, 1] },
    { kernel: median("rbf"), ridge: 1e-2, want: [0.01, 0.2, 0.89, 1] },
    { kernel: median("laplace"), ridge: 1e-4, want: [0.34, 0.99, 1, 1] },
    { kernel: "linear", ridge: 1e-4, want: [0.93, 0.98, 0.99, 0.99] },
  ];
  for (const { kernel, ridge, want } of cases) {
    const fixed = typeof kernel === "string" ? { ridge } : { ridge, length_scale: 1 };
    const column = measured({ kernel, fixed, attack: { kind: "added", trigger: patch(corner) } }, { poison_count: counts });
    const success = column("attack_success_rate");
    const accuracy = column("clean_accuracy");
    want.forEach((reference, at) => {
      fits(success.map((row) => row[at + 1] ?? NaN), reference, `${JSON.stringify(kernel)}, ridge ${ridge}, m ${counts[at + 1]}`);
      // Clean accuracy moves by less than .7 points.
      const moved = accuracy.map((row) => (row[at + 1] ?? NaN) - (row[0] ?? NaN));
      fits(moved, 0, "clean accuracy moved");
      assert.ok(Math.abs(moved.reduce((sum, x) => sum + x, 0) / REPLICATES) < 0.007);
    });
  }
});

test("the poison's posterior variance by length scale is that measured elsewhere", { skip }, () => {
  const cases = { rbf: [1, 0.81, 0.29, 0.08], laplace: [0.99, 0.87, 0.62, 0.37] };
  for (const [name, want] of Object.entries(cases)) {
    want.forEach((reference, at) => {
      const length_scale = [0.25, 0.5, 1, 2][at];
      const column = measured({ kernel: median(name), fixed: { ridge: 1e-4, length_scale },
        attack: { kind: "clones", trigger: patch(LEFT[0]) } }, { poison_count: [1] });
      fits(column("posterior_variance").map(([value]) => value ?? NaN), reference, `${name}, ${length_scale} of the median`);
    });
  }
});

const added = { kind: "added", trigger: patch(LEFT[0]) };
/** 60 clean probes and as many triggered ones; the Gauss-Newton part alone. */
const curvature = { probes: 60, labels: [] };

test("the top eigenvector turns to the trigger along the poison count as measured elsewhere", { skip }, () => {
  const counts = [0, 5, 20, 60, 150];
  // The polynomial of the reference has a scale that is not said, and is left out.
  const cases = [
    { kernel: median("rbf"), ridge: 1e-4, want: [0.136, 0.332, 0.433, 0.552], ratio: 1.19 },
    { kernel: median("rbf"), ridge: 1e-2, want: [0.001, 0, 0.433, 0.633] },
    { kernel: median("laplace"), ridge: 1e-4, want: [0.02, 0.191, 0.558, 0.688] },
    { kernel: "linear", ridge: 1e-4, want: [0.025, 0.006, 0.003, 0.004] },
  ];
  for (const { kernel, ridge, want, ratio } of cases) {
    const fixed = typeof kernel === "string" ? { ridge } : { ridge, length_scale: 1 };
    const column = measured({ kernel, fixed, curvature, attack: added }, { poison_count: counts });
    const overlap = column("gn_overlap_clean");
    want.forEach((reference, at) =>
      fits(overlap.map((row) => row[at + 1] ?? NaN), reference, `${JSON.stringify(kernel)}, ridge ${ridge}, m ${counts[at + 1]}`));
    if (ratio !== undefined) {
      fits(column("gn_top_clean").map((row) => (row[4] ?? NaN) / (row[0] ?? NaN)), ratio, "top eigenvalue over the clean model's");
    }
    // Between 20 and 60 poisons it jumps, where the ridge is large: in every draw.
    if (ridge === 1e-2) assert.ok(overlap.every((row) => (row[2] ?? NaN) < 0.1 && (row[3] ?? NaN) > 0.35));
  }
});

test("triggered probes overlap with the trigger without any poison where length scales are short", { skip }, () => {
  for (const [ridge, want] of [[1e-4, 0.952], [1e-2, 0.991]] as const) {
    const column = measured({ kernel: median("rbf"), fixed: { ridge, length_scale: 0.5 }, curvature,
      attack: added }, { poison_count: [0] });
    fits(column("gn_overlap_triggered").map(([value]) => value ?? NaN), want, `ridge ${ridge}`);
  }
});

test("the trace sees a poison that has not succeeded yet, and spikes do not, as measured elsewhere", { skip }, () => {
  const column = measured({ kernel: median("rbf"), fixed: { ridge: 1e-4, length_scale: 1 }, attack: added,
    curvature: { probes: 100, references: 150, labels: [] } }, { poison_count: [0, 1, 2, 5, 20] });
  const [power, spike, success] = ["conformal_trace_power", "conformal_gn_power", "attack_success_rate"].map(column);
  [0, 0.28, 0.6, 0.85, 0.88].forEach((want, at) => {
    fits((power ?? []).map((row) => row[at] ?? NaN), want, `power of the trace at ${at}`);
    fits((spike ?? []).map((row) => row[at] ?? NaN), 0, `power of the spike at ${at}`);
  });
  const meanAt = (rows: readonly (readonly number[])[] | undefined, at: number): number =>
    (rows ?? []).reduce((sum, row) => sum + (row[at] ?? NaN), 0) / REPLICATES;
  assert.ok(meanAt(power, 2) > meanAt(success, 2), "the trace at 2 poisons is behind the attack");
});
