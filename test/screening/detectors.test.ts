// Data-side detectors against brute force, on planted and on clean classes, and the ports' pitfalls.
import assert from "node:assert/strict";
import test from "node:test";
import { randomFrom } from "../../data/random.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { type Matrix, matrix } from "../../worker/linalg/matrix.ts";
import { classFeatures } from "../../worker/screening/class-features.ts";
import { clustering } from "../../worker/screening/clustering.ts";
import { areaUnderCurve, highest } from "../../worker/screening/rates.ts";
import { scan, withinCovariance } from "../../worker/screening/scan.ts";
import { spectral } from "../../worker/screening/spectral.ts";
import { quantumScores, robustlyWhitened, spectre } from "../../worker/screening/spectre.ts";

const { provider: linalg } = openProvider("portable");

/** n rows of N(0, diag(scales²)), the last `planted` moved along the first feature. */
function planted(n: number, scales: readonly number[], count: number, shift: number, seed: number): Matrix {
  const random = randomFrom(seed);
  const rows = matrix(n, scales.length);
  for (let i = 0; i < n; i++) {
    scales.forEach((scale, j) => {
      rows.data[i + j * n] = scale * random.normal() + (j === 0 && i >= n - count ? shift : 0);
    });
  }
  return rows;
}

const gramOf = (rows: Matrix): Matrix => {
  const out = matrix(rows.rows, rows.rows);
  linalg.gemm({ a: rows, b: rows, c: out, transposeB: true });
  return out;
};
const moved = (rows: Matrix, by: readonly number[]): Matrix =>
  matrix(rows.rows, rows.cols, rows.data.map((value, index) => value + by[Math.floor(index / rows.rows)]!));
/** Rows turned by a rotation in each pair of features. */
function turned(rows: Matrix, angle: number): Matrix {
  const out = matrix(rows.rows, rows.cols, rows.data.slice());
  const n = rows.rows;
  for (let j = 0; j + 1 < rows.cols; j++) {
    for (let i = 0; i < n; i++) {
      const [a, b] = [out.data[i + j * n]!, out.data[i + (j + 1) * n]!];
      out.data[i + j * n] = Math.cos(angle) * a - Math.sin(angle) * b;
      out.data[i + (j + 1) * n] = Math.sin(angle) * a + Math.cos(angle) * b;
    }
  }
  return out;
}
const near = (a: Float64Array, b: Float64Array, tolerance: number): void => {
  assert.equal(a.length, b.length);
  const scale = Math.max(1e-300, ...b.map(Math.abs));
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]!) <= tolerance * scale, `${i}: ${value} ${b[i]}`));
};
const marks = (n: number, count: number): Uint8Array => new Uint8Array(n).fill(1, n - count);
const featuresOf = (rows: Matrix) => classFeatures(gramOf(rows), 64, linalg);
const request = (rows: Matrix, reckoned: number) => ({ features: featuresOf(rows), reckoned, random: randomFrom(9) });

test("components from the Gram matrix have the centred rows' inner products", () => {
  const rows = moved(planted(30, [3, 2, 1, 0.5], 4, 5, 1), [10, -3, 0, 7]);
  const { scores, values } = featuresOf(rows);
  assert.equal(values.length, 4);
  const means = [0, 1, 2, 3].map((j) => rows.data.subarray(j * 30, (j + 1) * 30).reduce((sum, one) => sum + one / 30, 0));
  near(gramOf(scores).data, gramOf(moved(rows, means.map((mean) => -mean))).data, 1e-12);
});

test("the spectral score is the squared projection on the first right singular vector", () => {
  const rows = planted(40, [3, 1, 0.4], 5, 9, 2);
  const means = [0, 1, 2].map((j) => rows.data.subarray(j * 40, (j + 1) * 40).reduce((sum, one) => sum + one / 40, 0));
  const centred = moved(rows, means.map((mean) => -mean));
  // Power iteration on the (3, 3) scatter.
  let v = [1, 1, 1];
  for (let round = 0; round < 500; round++) {
    const along = Array.from({ length: 40 }, (_, i) => v.reduce((sum, one, j) => sum + one * centred.data[i + j * 40]!, 0));
    const next = [0, 1, 2].map((j) => along.reduce((sum, one, i) => sum + one * centred.data[i + j * 40]!, 0));
    const size = Math.hypot(...next);
    v = next.map((one) => one / size);
  }
  const want = Float64Array.from({ length: 40 }, (_, i) => v.reduce((sum, one, j) => sum + one * centred.data[i + j * 40]!, 0) ** 2);
  near(spectral(request(rows, 5)).scores, want, 1e-9);
});

test("pitfall: spectral scores do not move with the origin, as a port's uncentred scores do", () => {
  const rows = planted(60, [2, 1, 1], 6, 8, 3);
  const far = moved(rows, [-5, 40, 0]);
  near(spectral(request(far, 6)).scores, spectral(request(rows, 6)).scores, 1e-9);
  // The port: direction from centred rows, score from uncentred ones. The shift hides the poisons from it.
  const { scores, values } = featuresOf(far);
  const mean = [0, 1, 2].map((j) => far.data.subarray(j * 60, (j + 1) * 60).reduce((sum, one) => sum + one / 60, 0));
  const direction = [0, 1, 2].map((j) => {
    let sum = 0;
    for (let i = 0; i < 60; i++) sum += (scores.data[i]! * (far.data[i + j * 60]! - mean[j]!)) / values[0]!;
    return sum;
  });
  const ported = Float64Array.from({ length: 60 }, (_, i) => direction.reduce((sum, one, j) => sum + one * far.data[i + j * 60]!, 0) ** 2);
  assert.equal(areaUnderCurve(spectral(request(far, 6)).scores, marks(60, 6)), 1);
  assert.ok(areaUnderCurve(ported, marks(60, 6)) < 0.9);
});

test("pitfall: a class without poison loses no row; with m it loses 1.5 m, whatever its size", () => {
  const rows = planted(50, [2, 1, 1], 4, 9, 4);
  const flagged = (reckoned: number): number => spectral(request(rows, reckoned)).flags.reduce((sum, one) => sum + one, 0);
  assert.deepEqual([0, 1, 4, 7].map(flagged), [0, 1, 6, 10]);
  assert.equal(spectre(linalg)(request(rows, 0)).flags.reduce((sum, one) => sum + one, 0), 0);
});

/** exp of a symmetric matrix by its power series, halved until it converges fast and squared back. */
function exponential(a: readonly (readonly number[])[]): number[][] {
  const k = a.length;
  const times = (x: readonly (readonly number[])[], y: readonly (readonly number[])[]): number[][] =>
    x.map((row) => y[0]!.map((_, j) => row.reduce((sum, value, i) => sum + value * y[i]![j]!, 0)));
  const small = a.map((row) => row.map((value) => value / 1024));
  let term = a.map((_, i) => a.map((__, j): number => (i === j ? 1 : 0)));
  let sum = term.map((row) => [...row]);
  for (let n = 1; n < 20; n++) {
    term = times(term, small).map((row) => row.map((value) => value / n));
    sum = sum.map((row, i) => row.map((value, j) => value + term[i]![j]!));
  }
  for (let i = 0; i < 10; i++) sum = times(sum, sum);
  assert.equal(sum.length, k);
  return sum;
}

/** h^T Q h with Q = f(4 (S − I)/(|S| − 1)) / trace, f given. */
function scoresBy(rows: Matrix, f: (a: number[][]) => number[][]): Float64Array {
  const [n, k] = [rows.rows, rows.cols];
  const at = (i: number, j: number): number => rows.data[i + j * n]!;
  const s = Array.from({ length: k }, (_, a) => Array.from({ length: k }, (__, b) =>
    Array.from({ length: n }, (___, i) => at(i, a) * at(i, b)).reduce((sum, one) => sum + one / n, 0)));
  const top = Math.max(...linalg.symmetricEigen(matrix(k, k, Float64Array.from(s.flat()))).values);
  const q = f(s.map((row, a) => row.map((value, b) => (4 * (value - (a === b ? 1 : 0))) / (top - 1))));
  const trace = q.reduce((sum, row, i) => sum + row[i]!, 0);
  return Float64Array.from({ length: n }, (_, i) =>
    q.reduce((sum, row, a) => sum + row.reduce((inner, value, b) => inner + (value * at(i, a) * at(i, b)) / trace, 0), 0));
}

test("the SPECTRE score is that of the matrix exponential, by its power series", () => {
  const rows = planted(80, [1.5, 1, 1, 0.9], 8, 4, 5);
  near(quantumScores(rows, linalg).scores, scoresBy(rows, exponential), 1e-9);
});

test("pitfall: SPECTRE scores do not depend on the basis, as an elementwise exponential's do", () => {
  const rows = planted(80, [1.5, 1, 1, 0.9], 8, 4, 6);
  const other = turned(rows, 0.7);
  near(quantumScores(other, linalg).scores, quantumScores(rows, linalg).scores, 1e-10);
  const elementwise = (a: number[][]): number[][] => a.map((row) => row.map(Math.exp));
  const [one, two] = [scoresBy(rows, elementwise), scoresBy(other, elementwise)];
  assert.ok(Math.max(...one.map((value, i) => Math.abs(value - two[i]!))) > 0.01 * Math.max(...one));
});

/** n clean rows of many directions, and m poisons far out along one of them: copies of one row, or as spread as clean ones. */
function outlying(n: number, m: number, seed: number, copies: boolean): Matrix {
  const random = randomFrom(seed);
  const scales = Array.from({ length: 40 }, (_, j) => 1 / Math.sqrt(1 + j));
  const rows = matrix(n + m, scales.length);
  const one = scales.map((scale, j) => scale * random.normal() + (j === 3 ? 10 : 0));
  for (let i = 0; i < n + m; i++) {
    scales.forEach((scale, j) => {
      const own = scale * random.normal() + (i >= n && j === 3 ? 10 : 0);
      rows.data[i + j * (n + m)] = i >= n && copies ? one[j]! : own;
    });
  }
  return rows;
}

test("m copies of a row have a whitened squared norm of N / m − 1 at most, whatever the others are", () => {
  for (const [m, k] of [[2, 30], [5, 16], [10, 9], [20, 4], [60, 4]] as const) {
    const rows = outlying(100, m, m, true);
    const { scores } = classFeatures(gramOf(rows), k, linalg);
    const white = robustlyWhitened(scores, 0, linalg);
    assert.ok(white !== null);
    const n = 100 + m;
    const norms = Array.from({ length: n }, (_, i) =>
      Array.from({ length: k }, (__, j) => white.data[i + j * n]! ** 2).reduce((sum, one) => sum + one, 0));
    assert.ok(Math.abs(norms.reduce((sum, one) => sum + one / n, 0) - k) < 1e-9, "k on average");
    const own = norms[n - 1] ?? Number.NaN;
    assert.ok(own <= n / m - 1 + 1e-9, `${own} of at most ${n / m - 1}`);
    // So far out that the bound is nearly reached: the poisons leave the crowd just where it is above k.
    assert.ok(own > 0.9 * Math.min(n / m - 1, k), String(own));
  }
});

test("SPECTRE finds many copies of one row, and would rank all clean rows above them in more dimensions", () => {
  for (const m of [10, 20, 50]) {
    const rows = outlying(100, m, 40 + m, true);
    const poisons = marks(100 + m, m);
    assert.equal(areaUnderCurve(spectre(linalg)(request(rows, m)).scores, poisons), 1, String(m));
    // The explanation: four times as many dimensions as copies can be outlying in, with and without what is trimmed.
    const k = Math.ceil((4 * 100) / m);
    const some = classFeatures(gramOf(rows), k, linalg).scores;
    for (const budget of [0, m]) {
      const white = robustlyWhitened(some, budget, linalg);
      assert.ok(white !== null);
      assert.ok(areaUnderCurve(quantumScores(white, linalg).scores, poisons) < 0.1, `${m} copies, ${k} dimensions`);
    }
  }
});

test("as many poisons that spread as clean rows do are found, in a minority; of a majority nothing is said", () => {
  for (const m of [10, 20, 50]) {
    const area = areaUnderCurve(spectre(linalg)(request(outlying(100, m, 60 + m, false), m)).scores, marks(100 + m, m));
    assert.ok(area > 0.99, `${m}: ${area}`);
  }
  const half = spectre(linalg)(request(outlying(40, 41, 7, true), 41));
  assert.equal(areaUnderCurve(half.scores, marks(81, 41)), 0.5);
});

test("robust whitening gives the kept rows mean 0 and covariance I, and leaves out the outlying ones", () => {
  const rows = planted(100, [2, 1], 10, 30, 7);
  const white = robustlyWhitened(rows, 10, linalg);
  assert.ok(white !== null);
  for (let a = 0; a < 2; a++) {
    const own = white.data.subarray(a * 100, a * 100 + 90);
    assert.ok(Math.abs(own.reduce((sum, one) => sum + one / 90, 0)) < 1e-12);
    for (let b = 0; b < 2; b++) {
      const other = white.data.subarray(b * 100, b * 100 + 90);
      const covariance = own.reduce((sum, one, i) => sum + (one * other[i]!) / 90, 0);
      assert.ok(Math.abs(covariance - (a === b ? 1 : 0)) < 1e-10);
    }
  }
  assert.equal(robustlyWhitened(planted(20, [1, 0], 0, 0, 8), 0, linalg), null);
});

test("planted poisons are found by each detector; SPECTRE finds them in the shade of a larger spread", () => {
  // A shift of 8 deviations of a tenth adds 0.09 · 64 to a variance of 1, so that the first axis is the shift, and
  // leaves poisons 7.2 and clean rows 0.8 deviations from the mean: whichever draw, and so ten draws in turn.
  for (let seed = 0; seed < 10; seed++) {
    const plain = planted(120, [1, 1, 1, 1, 1], 12, 8, 100 + seed);
    for (const detector of [spectral, clustering, spectre(linalg)]) {
      const { scores, flags } = detector(request(plain, 12));
      assert.ok(areaUnderCurve(scores, marks(120, 12)) > 0.99, String(seed));
      const caught = flags.subarray(108).reduce((sum, one) => sum + one, 0);
      assert.ok(caught >= 11, `${seed}: ${caught}`);
    }
    // The first feature tells, with 1 + 0.0475 · 49 = 3.3, and the others spread more, 36 and 25: the first axis says
    // nothing, and areas are one half within four deviations of a rank sum, √((15 + 285 + 1) / (12 · 15 · 285)).
    const shaded = planted(300, [1, 6, 5, 5], 15, 7, 200 + seed);
    const area = (detector: typeof spectral): number => areaUnderCurve(detector(request(shaded, 15)).scores, marks(300, 15));
    const allowed = 4 * Math.sqrt(301 / (12 * 15 * 285));
    assert.ok(Math.abs(area(spectral) - 0.5) < allowed, `${seed}: ${area(spectral)}`);
    assert.ok(area(spectre(linalg)) > 0.95, `${seed}: ${area(spectre(linalg))}`);
  }
});

test("clustering flags nothing where both clusters are large, and nothing of one row", () => {
  const halves = planted(60, [1, 1], 30, 9, 12);
  assert.equal(clustering(request(halves, 5)).flags.reduce((sum, one) => sum + one, 0), 0);
  assert.deepEqual([...clustering(request(planted(1, [1, 1], 0, 0, 1), 1)).flags], [0]);
});

test("the area under the curve counts pairs, ties half", () => {
  const random = randomFrom(13);
  const scores = Float64Array.from({ length: 70 }, () => random.below(9));
  const isPoison = Uint8Array.from({ length: 70 }, () => random.below(2));
  let [wins, pairs] = [0, 0];
  scores.forEach((a, i) => scores.forEach((b, j) => {
    if (isPoison[i] !== 1 || isPoison[j] !== 0) return;
    pairs++;
    wins += a > b ? 1 : a === b ? 0.5 : 0;
  }));
  assert.ok(Math.abs(areaUnderCurve(scores, isPoison) - wins / pairs) < 1e-14);
  assert.ok(Number.isNaN(areaUnderCurve(scores, new Uint8Array(70))));
  assert.deepEqual([...highest(Float64Array.of(1, 5, 5, 2), 2)], [0, 1, 1, 0]);
  assert.deepEqual([...highest(Float64Array.of(1, 1), 9)], [1, 1]);
});

/** Ten classes of 30 rows around their means; the last class has `count` rows of another place. */
function classes(count: number, seed: number): { rows: Matrix; labels: Int32Array } {
  const random = randomFrom(seed);
  const n = 300;
  const rows = matrix(n, 6);
  const labels = Int32Array.from({ length: n }, (_, i) => Math.floor(i / 30));
  const places = Array.from({ length: 10 }, () => Array.from({ length: 6 }, () => 4 * random.normal()));
  for (let i = 0; i < n; i++) {
    const place = places[i >= n - count ? 0 : labels[i]!]!;
    for (let j = 0; j < 6; j++) rows.data[i + j * n] = place[j]! + (1 + j / 5) * random.normal();
  }
  return { rows: matrix(n, 6, moved(rows, Array.from({ length: 6 }, (_, j) =>
    -rows.data.subarray(j * n, (j + 1) * n).reduce((sum, one) => sum + one / n, 0))).data), labels };
}

test("SCAn finds the class that is a mixture, flags its smaller group, and nothing where none is", () => {
  const draws = 12;
  let [found, exact, wrong] = [0, 0, 0];
  for (let seed = 0; seed < draws; seed++) {
    const { flags, scores } = scan({ ...classes(9, 300 + seed), classes: 10, random: randomFrom(1) }, linalg);
    const caught = flags.subarray(291).reduce((sum, one) => sum + one, 0);
    found += caught > 0 ? 1 : 0;
    if (caught > 0) exact += areaUnderCurve(scores.subarray(270), marks(30, 9)) === 1 ? 1 : 0;
    const { flags: none } = scan({ ...classes(0, 400 + seed), classes: 10, random: randomFrom(1) }, linalg);
    for (let label = 0; label < 10; label++) wrong += none.subarray(30 * label, 30 * (label + 1)).some((flag) => flag === 1) ? 1 : 0;
  }
  // Where it fires it has the group; a power of .9 gives fewer than 8 of 12 once in 200 times, and a
  // false-positive rate of 1 % more than 5 of 120 classes once in 600.
  assert.equal(exact, found);
  assert.ok(found >= 8, `${found} of ${draws} mixtures`);
  assert.ok(wrong <= 5, `${wrong} of ${10 * draws} clean classes`);
});

test("expectation maximisation finds the covariance within classes", () => {
  const { rows, labels } = classes(0, 18);
  const members = Array.from({ length: 10 }, (_, label) => Int32Array.from(labels.keys()).filter((i) => labels[i] === label));
  const within = withinCovariance(rows, members, linalg);
  for (let j = 0; j < 6; j++) {
    // 290 degrees of freedom: a variance is known to 8 %, here within four of that.
    assert.ok(Math.abs(within.data[j * 7]! / (1 + j / 5) ** 2 - 1) < 0.33, `${j} ${within.data[j * 7]}`);
  }
});
