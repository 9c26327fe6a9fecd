// Data-side detectors and DPA of krr points against dense systems built row by row.
import assert from "node:assert/strict";
import test from "node:test";
import { parseStudy, StudySpec } from "../../schema/study.ts";
import type { KrrSpec } from "../../schema/study.ts";
import { metricsOf } from "../../schema/experiments/registry.ts";
import { DETECTORS } from "../../schema/experiments/krr-screening.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { partitionOf } from "../../worker/screening/partitions.ts";
import { drawOf, measure, pointsOf, type Problem, randomPool, sharedBoxes } from "./problems.ts";

const { provider: linalg } = openProvider("portable");
const [DIMENSION, CLASSES, PARTS] = [4, 3, 15];
type Kind = KrrSpec["attack"]["kind"];

function problem(kind: Kind, more: object = {}): Problem {
  const spec = StudySpec.parse({
    experiment: "krr", name: "screened", seed: 5,
    data: { source: "glyphs", train: 60, test: 40 },
    attack: { kind, trigger: { kind: "additive", vector: [0, 2.5] } },
    kernel: "rbf", screening: { probes: 8, blends: 6, partitions: PARTS, ...more },
    axes: { ridge: [0.01, 0.1], target: [1], poison_count: [0, 3, 9] },
    fixed: { length_scale: 0.8 },
  });
  assert.ok(spec.experiment === "krr");
  return { spec, classes: CLASSES, dimension: DIMENSION, pool: randomPool(DIMENSION, CLASSES) };
}
const BOX = { from: [0, 0, 0], to: [2, 1, 3] };

/** Training rows and labels of one point, as a person would write them down; and the test rows. */
function rowsOf({ spec, ...rest }: Problem, count: number) {
  const { train, test: tests, bases } = drawOf({ spec, ...rest }, 0);
  const row = (some: typeof train, i: number): number[] => [...some.features.subarray(i * DIMENSION, (i + 1) * DIMENSION)];
  const stamped = (x: readonly number[]): number[] => x.map((value, j) => value + (j === 1 ? 2.5 : 0));
  const { kind } = spec.attack;
  const source = kind === "replace" ? train : bases;
  const others = [...source.labels.keys()].filter((i) => source.labels[i] !== 1);
  const chosen = Array.from({ length: count }, (_, j) => others[kind === "clones" ? 0 : j] ?? 0);
  const gone = new Set(kind === "replace" ? chosen : []);
  const stay = [...train.labels.keys()].filter((i) => !gone.has(i));
  return {
    rows: [...stay.map((i) => row(train, i)), ...chosen.map((i) => stamped(row(source, i)))],
    labels: [...stay.map((i) => train.labels[i] ?? 0), ...chosen.map(() => 1)],
    clean: stay.length,
    test: [...tests.labels.keys()].map((i) => row(tests, i)),
    triggered: [...tests.labels.keys()].map((i) => stamped(row(tests, i))),
    testLabels: [...tests.labels],
  };
}
const square = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0);
const kernel = (a: readonly number[], b: readonly number[]): number => Math.exp(-square(a, b) / (2 * 0.8 ** 2));

/** Gaussian elimination with pivoting: x of a x = b for several b. */
function solve(a: number[][], b: number[][]): number[][] {
  const rows = a.map((row, i) => [...row, ...(b[i] ?? [])]);
  const n = rows.length;
  for (let j = 0; j < n; j++) {
    let best = j;
    for (let i = j; i < n; i++) if (Math.abs(rows[i]![j]!) > Math.abs(rows[best]![j]!)) best = i;
    [rows[j], rows[best]] = [rows[best]!, rows[j]!];
    for (let i = 0; i < n; i++) {
      if (i === j) continue;
      const factor = rows[i]![j]! / rows[j]![j]!;
      rows[i] = rows[i]!.map((value, k) => value - factor * rows[j]![k]!);
    }
  }
  return rows.map((row, i) => row.slice(n).map((value) => value / row[i]!));
}

/** Votes of each class at each row, with partitions by their own content. */
function votes(problem: Problem, count: number, ridge: number, at: "test" | "triggered"): number[][] {
  const all = rowsOf(problem, count);
  // Distances are taken between centred rows, and so is the hash; the centre is the clean rows' own.
  const { train } = drawOf(problem, 0);
  const centre = Array.from({ length: DIMENSION }, (_, j) =>
    Array.from({ length: train.rows }, (__, i) => train.features[i * DIMENSION + j] ?? 0).reduce((sum, one) => sum + one, 0) / train.rows);
  const part = all.rows.map((row, i) => partOf(row.map((value, j) => value - (centre[j] ?? 0)), all.labels[i] ?? 0));
  const out = all[at].map(() => Array.from({ length: CLASSES }, () => 0));
  const c = ridge * 60;
  for (let p = 0; p < PARTS; p++) {
    const own = [...part.keys()].filter((i) => part[i] === p);
    const gram = own.map((i) => own.map((j) => kernel(all.rows[i]!, all.rows[j]!) + (i === j ? (c * own.length) / all.rows.length : 0)));
    const codes = own.map((i) => Array.from({ length: CLASSES }, (_, j) => (all.labels[i] === j ? 1 : 0) - 1 / CLASSES));
    const weights = solve(gram, codes);
    all[at].forEach((x, row) => {
      const scores = Array.from({ length: CLASSES }, (_, j) =>
        own.reduce((sum, i, k) => sum + kernel(x, all.rows[i]!) * (weights[k]![j] ?? 0), 0));
      out[row]![scores.indexOf(Math.max(...scores))]!++;
    });
  }
  return out;
}
// The product's centre may differ in its last bit, and with it a hash: so rows are told apart by their places.
const places = new Map<string, number>();
function partOf(row: number[], label: number): number {
  const key = row.map((value) => value.toFixed(9)).join(" ");
  const known = places.get(`${label} ${key}`);
  if (known !== undefined) return known;
  const made = partitionOf(Float64Array.from(row), label, PARTS);
  places.set(`${label} ${key}`, made);
  return made;
}

for (const kind of ["clones", "added", "replace"] as const) {
  test(`${kind}: rates and areas are those of scores that brute force gives`, () => {
    const one = problem(kind, { detectors: ["spectral"], partitions: undefined });
    const { metrics } = measure(one, "tridiagonal", linalg, BOX);
    pointsOf(one.spec, BOX).forEach(({ count }, at) => {
      const { rows, labels, clean } = rowsOf(one, count);
      const scores = Array.from({ length: rows.length }, () => 0);
      const flags = new Set<number>();
      for (let label = 0; label < CLASSES; label++) {
        const own = [...labels.keys()].filter((i) => labels[i] === label);
        const gram = own.map((i) => own.map((j) => kernel(rows[i]!, rows[j]!)));
        const means = gram.map((row) => row.reduce((sum, value) => sum + value, 0) / own.length);
        const grand = means.reduce((sum, value) => sum + value, 0) / own.length;
        const centred = gram.map((row, i) => row.map((value, j) => value - means[i]! - means[j]! + grand));
        // The first eigenpair by power iteration: scores are μ u².
        let u = own.map((_, i) => 1 + (i % 3));
        let size = 0;
        for (let round = 0; round < 3000; round++) {
          const next = centred.map((row) => row.reduce((sum, value, j) => sum + value * u[j]!, 0));
          size = Math.hypot(...next);
          u = next.map((value) => value / size);
        }
        own.forEach((row, i) => {
          scores[row] = size * u[i]! ** 2;
        });
        const order = own.toSorted((a, b) => scores[b]! - scores[a]!);
        for (const row of order.slice(0, Math.floor(1.5 * count))) flags.add(row);
      }
      const own = [...labels.keys()].filter((i) => labels[i] === 1);
      let [wins, pairs] = [0, 0];
      for (const i of own) for (const j of own) {
        if (i < clean || j >= clean) continue;
        pairs++;
        wins += scores[i]! > scores[j]! ? 1 : 0;
      }
      const caught = [...flags].filter((row) => row >= clean).length;
      const near = (name: string, want: number, tolerance: number): void => {
        const got = metrics[name]?.[at] ?? Number.NaN;
        assert.ok(Number.isNaN(want) ? Number.isNaN(got) : Math.abs(got - want) <= tolerance, `${kind} m=${count} ${name}: ${got} ${want}`);
      };
      near("spectral_auc", wins / pairs, 1e-12);
      near("spectral_tpr", caught / count, 1e-12);
      near("spectral_fpr", (flags.size - caught) / clean, 1e-12);
    });
  });

  test(`${kind}: the partitions' vote is that of dense models of rows sorted by their own content`, () => {
    const one = problem(kind, { detectors: [] });
    const { metrics } = measure(one, "cholesky", linalg, BOX);
    pointsOf(one.spec, BOX).forEach(({ count, ridge }, at) => {
      const { testLabels } = rowsOf(one, count);
      const clean = votes(one, count, ridge, "test").map(winnerOf);
      const attacked = votes(one, count, ridge, "triggered").map(winnerOf);
      const victims = testLabels.flatMap((label, x) => (label === 1 ? [] : [attacked[x] === 1 ? 1 : 0]));
      const right = clean.filter((label, x) => label === testLabels[x]).length / clean.length;
      assert.ok(Math.abs((metrics["dpa_clean_accuracy"]?.[at] ?? 9) - right) < 1e-12, `${kind} ${count}`);
      assert.ok(Math.abs((metrics["dpa_success"]?.[at] ?? 9) - victims.reduce<number>((sum, one) => sum + one, 0) / victims.length) < 1e-12);
    });
  });
}

test("certified rows keep their vote under every number of poisons that the certificate covers", () => {
  const one = problem("added", { detectors: [] });
  const before = votes(one, 0, 0.01, "test");
  const labels = rowsOf(one, 0).testLabels;
  const { metrics } = measure(one, "cholesky", linalg, BOX);
  let covered = 0;
  for (const [at, count] of [3, 9].entries()) {
    const after = votes(one, count, 0.01, "test");
    let certified = 0;
    before.forEach((own, x) => {
      if (certificateOf(own) < count) return;
      covered++;
      assert.equal(winnerOf(after[x]!), winnerOf(own));
    });
    after.forEach((own, x) => {
      certified += winnerOf(own) === labels[x] && certificateOf(own) >= count ? 1 : 0;
    });
    assert.equal(metrics["dpa_certified"]?.[at + 1], certified / labels.length);
  }
  assert.ok(covered > 5, String(covered));
  const radius = before.reduce((sum, own, x) => sum + (winnerOf(own) === labels[x] ? certificateOf(own) : 0), 0) / labels.length;
  assert.ok(Math.abs((metrics["dpa_radius"]?.[0] ?? 9) - radius) < 1e-12);
});

const winnerOf = (own: readonly number[]): number => own.indexOf(Math.max(...own));
function certificateOf(own: readonly number[]): number {
  const winner = winnerOf(own);
  const leads = own.flatMap((other, j) => (j === winner ? [] : [own[winner]! - other - (j < winner ? 1 : 0)]));
  return Math.floor(Math.min(...leads) / 2);
}

test("strip flags clean probes at the rate that its threshold means, to four standard errors", () => {
  const one = problem("clones", { detectors: ["strip"], false_rate: 0.25 });
  const replicates = 60;
  const { spec } = one;
  const many = { ...one, spec: { ...spec, axes: { replicate: Array.from({ length: replicates }, (_, i) => i), poison_count: [3] }, fixed: { ...spec.fixed, ridge: 0.01, target: 1 } } };
  const rates = sharedBoxes(many.spec).flatMap((box) => Array.from(measure(many, "cholesky", linalg, box).metrics["strip_fpr"] ?? []));
  assert.equal(rates.length, replicates);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / replicates;
  const deviation = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (replicates - 1));
  // Below the third of eight references, with which a clean probe is exchangeable: 3 of 9.
  assert.ok(Math.abs(mean - 3 / 9) <= (4 * deviation) / Math.sqrt(replicates), `${mean} ${deviation}`);
  assert.ok(deviation > 0);
});

test("all detectors give the same bits whole or in parts, and leave the other columns as they were", () => {
  const one = problem("added");
  const whole = measure(one, "tridiagonal", linalg, BOX);
  const part = measure(one, "tridiagonal", linalg, { from: [1, 0, 1], to: [2, 1, 3] });
  for (const { name } of metricsOf(one.spec)) {
    assert.deepEqual([...(part.metrics[name] ?? [])], [...(whole.metrics[name] ?? [])].slice(4), name);
  }
  const { screening: _, ...rest } = one.spec;
  const plain = measure({ ...one, spec: rest }, "tridiagonal", linalg, BOX);
  for (const { name } of metricsOf(rest)) assert.deepEqual(plain.metrics[name], whole.metrics[name], name);
  for (const name of DETECTORS) assert.ok(Number.isFinite(whole.metrics[`${name}_auc`]?.[2]), name);
});

const FILE = { name: "bad", experiment: "krr", data: { source: "glyphs", train: 50, test: 100 }, kernel: "rbf",
  attack: { kind: "clones", trigger: { kind: "cross" } }, fixed: { ridge: 0.01, length_scale: 3 },
  axes: { poison_count: [0, 1] } };
const REFUSALS: readonly (readonly [object, RegExp])[] = [
  [{ screening: { partitions: 51 } }, /screening partitions: expected at most data\.train 50, got 51: a partition without rows/],
  [{ screening: { detectors: [] } }, /screening detectors: expected at least one of spectral, .*, or partitions/],
  [{ screening: { probes: 40, blends: 32 } }, /screening probes: strip takes 112 test rows .* data\.test has 100/],
  [{ screening: { detectors: ["spectral"] }, intercept: true }, /screening: is offered without intercept/],
  [{ screening: { detectors: ["spectral"] }, axes: { poison_count: [0, 1], gradient_penalty: [0, 1] } }, /screening: is offered without gradient_penalty/],
  [{ screening: { detectors: ["spectral"] }, axes: { poison_count: [0] } }, /screening: looks for poisons: expected a poison_count/],
  [{ screening: { detectors: ["strip"], probes: 10, blends: 10 }, kernel: "ntk", fixed: { ridge: 0.01 } }, /screening detectors: strip blends rows, which then leave the sphere/],
];
for (const [change, expected] of REFUSALS) {
  test(`refused: ${JSON.stringify(change)}`, () => {
    const parsed = parseStudy({ ...FILE, ...change });
    assert.ok(!parsed.ok);
    const lines = parsed.issues.map(({ path, message }) => `${path.join(" ")}: ${message}`);
    assert.ok(lines.some((line) => expected.test(line)), lines.join("\n"));
  });
}
