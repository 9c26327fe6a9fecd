// The Gauss-Newton spectrum along γ from its small matrices, against JᵀJ of the whole Jacobian.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CleanView, PoisonView, ProbeSet } from "../../../worker/experiments/krr/curvature/model.ts";
import { searchGauss } from "../../../worker/experiments/krr/curvature/searches.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { type Matrix, matrix } from "../../../worker/linalg/matrix.ts";
import { mulberry } from "../problems.ts";
import { eigenOf } from "./brute-curvature.ts";

const { provider: linalg } = openProvider("auto");
const GAMMAS = [0, 0.1, 0.4, 1, 2.5, 7];
const q = 4;

interface Problem {
  readonly clean: CleanView;
  readonly poison: PoisonView;
  readonly set: ProbeSet;
  /** Rows of J at γ, probe by probe. */
  readonly jacobian: (gamma: number) => number[][];
}

/** Gradients whose sizes fall off, so that eigenvalues are told apart. */
function problem(dimension: number, probes: number, seed: number): Problem {
  const random = mulberry(seed);
  const some = (rows: number, cols: number): Matrix =>
    matrix(rows, cols, Float64Array.from({ length: rows * cols }, (_, at) => (random() - 0.5) * 0.8 ** (at % rows)));
  const [gradients, pull] = [some(dimension, q * probes), some(dimension, probes)];
  const r = Float64Array.from({ length: q }, (_, k) => random() - k / q);
  const pulled = matrix(dimension, probes);
  for (let b = 0; b < probes; b++) {
    for (let k = 0; k < q; k++) {
      for (let i = 0; i < dimension; i++) {
        pulled.data[i + b * dimension]! += (r[k] ?? NaN) * (gradients.data[i + (b * q + k) * dimension] ?? NaN);
      }
    }
  }
  const none = matrix(0, 0);
  const unused = { kernel: none, toRow: none, toProbe: none, rowRow: none, rowProbe: none,
    probeProbe: none, identity: none, trace: none, cusps: 0 };
  return {
    clean: { weights: none, scores: none, gradients },
    poison: { weights: new Float64Array(0), r, g: new Float64Array(probes), gradients: pull, pulled,
      square: r.reduce((sum, value) => sum + value * value, 0) },
    set: { rows: { rows: none, probes: matrix(dimension, probes) }, profile: unused, labels: new Int32Array(probes) },
    jacobian: (gamma) => Array.from({ length: q * probes }, (_, row) => Array.from({ length: dimension }, (__, i) =>
      (gradients.data[i + row * dimension] ?? NaN) +
      gamma * (r[row % q] ?? NaN) * (pull.data[i + Math.floor(row / q) * dimension] ?? NaN))),
  };
}

for (const [dimension, probes] of [[60, 5], [9, 5], [40, 1]] as const) {
  test(`${q} outputs at ${probes} probes of ${dimension} dimensions have the spectrum of their JᵀJ`, () => {
    const { clean, poison, set, jacobian } = problem(dimension, probes, dimension);
    const zero = new Float64Array(dimension);
    const direction = zero.map((_, i) => Math.sin(i + 1));
    const norm = Math.hypot(...direction);
    const unit = direction.map((value) => value / norm);
    const request = { name: "any", set, clean, poison, gammas: GAMMAS, labels: [], wantsBottom: false,
      directions: { stated: unit, law: zero, pull: zero } };
    const scratch = searchGauss(request, null, linalg);
    const warm = searchGauss(request, scratch, linalg);
    for (const { path, results } of [scratch, warm]) {
      const cosines = path.cosines(unit);
      GAMMAS.forEach((gamma, point) => {
        const rows = jacobian(gamma);
        const { values, vectors } = eigenOf(Array.from({ length: dimension }, (_, i) =>
          Array.from({ length: dimension }, (__, j) =>
            rows.reduce((sum, row) => sum + (row[i] ?? NaN) * (row[j] ?? NaN), 0) / probes)));
        const found = results[point];
        assert.ok(found !== undefined && found.top.length >= q - 1);
        const got = cosines(found, gamma);
        const first = values.at(-1) ?? NaN;
        for (let j = 0; j < q - 1; j++) {
          const want = values[dimension - 1 - j] ?? NaN;
          const error = Math.abs((found.top[j] ?? NaN) - want) / first;
          assert.ok(error < (j === 0 ? 1e-9 : 1e-6), `γ ${gamma}, eigenvalue ${j}: off by ${error}`);
          const cosine = (vectors[dimension - 1 - j] ?? []).reduce((sum, x, i) => sum + x * (unit[i] ?? NaN), 0) ** 2;
          const gap = Math.min(...[...values].filter((_, i) => i !== dimension - 1 - j).map((other) => Math.abs(other - want)));
          // A residual turns an eigenvector by no more than itself over the gap.
          const allowed = 1e-9 + (2 * (j === 0 ? 1e-6 : 1e-4) * first) / gap;
          assert.ok(Math.abs((got[j] ?? NaN) - cosine) < allowed, `γ ${gamma}, cosine ${j}: ${got[j]}, not ${cosine}`);
        }
      });
    }
  });
}
