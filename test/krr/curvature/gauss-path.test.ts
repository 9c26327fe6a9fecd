// The Gauss-Newton spectrum along γ from its small matrices, against JᵀJ of the whole Jacobian.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contrastsOf, helmert } from "../../../worker/experiments/krr/curvature/contrasts.ts";
import type { View } from "../../../worker/experiments/krr/curvature/model.ts";
import { searchGauss } from "../../../worker/experiments/krr/curvature/searches.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { matrix } from "../../../worker/linalg/matrix.ts";
import { mulberry } from "../problems.ts";
import { eigenOf } from "./brute-curvature.ts";

const { provider: linalg } = openProvider("auto");
const GAMMAS = [0, 0.1, 0.4, 1, 2.5, 7];
const q = 4;

interface Problem {
  readonly view: View;
  /** Rows of J at γ, output by output within each probe. */
  readonly jacobian: (gamma: number) => number[][];
}

/** Gradients that sum to zero over the outputs, and whose sizes fall off, so that eigenvalues are told apart. */
function problem(dimension: number, probes: number, seed: number): Problem {
  const random = mulberry(seed);
  const some = (): number[] => Array.from({ length: dimension }, (_, at) => (random() - 0.5) * 0.8 ** at);
  const centred = (rows: readonly number[][]): number[][] =>
    rows.map((row) => row.map((value, i) => value - rows.reduce((sum, one) => sum + (one[i] ?? NaN), 0) / rows.length));
  const outputs = Array.from({ length: probes }, () => centred(Array.from({ length: q }, some)));
  const pulls = Array.from({ length: probes }, some);
  const r = centred(Array.from({ length: q }, () => [random()])).map(([value]) => value ?? NaN);
  const basis = helmert(q);
  const frame = matrix(dimension, (q + 1) * probes);
  outputs.forEach((own, b) => {
    for (let i = 0; i < dimension; i++) {
      for (let k = 0; k < q - 1; k++) {
        frame.data[i + (b * q + k) * dimension] =
          own.reduce((sum, gradient, j) => sum + (gradient[i] ?? NaN) * (basis.data[j + k * q] ?? NaN), 0);
      }
      frame.data[i + (b * q + q - 1) * dimension] = pulls[b]?.[i] ?? NaN;
    }
  });
  const none = matrix(0, 0);
  const unused = { kernel: none, toRow: none, toProbe: none, rowRow: none, rowProbe: none,
    probeProbe: none, identity: none, trace: none, crossShare: null, cusps: 0 };
  return {
    view: {
      set: { rows: { rows: none, probes: matrix(dimension, probes) }, profile: unused, labels: new Int32Array(probes) },
      weights: none, r: Float64Array.from(r), turned: contrastsOf(Float64Array.from(r)),
      square: r.reduce((sum, value) => sum + value * value, 0),
      scores: none, g: new Float64Array(probes), frame, own: none, grams: none, gram: null,
      sums: { probeProbe: none, identity: none, trace: none },
    },
    jacobian: (gamma) => outputs.flatMap((own, b) => own.map((gradient, k) =>
      gradient.map((value, i) => value + gamma * (r[k] ?? NaN) * (pulls[b]?.[i] ?? NaN)))),
  };
}

for (const [dimension, probes] of [[60, 5], [9, 5], [40, 1]] as const) {
  test(`${q} outputs at ${probes} probes of ${dimension} dimensions have the spectrum of their JᵀJ`, () => {
    const { view, jacobian } = problem(dimension, probes, dimension);
    const direction = Float64Array.from({ length: dimension }, (_, i) => Math.sin(i + 1));
    const norm = Math.hypot(...direction);
    const unit = direction.map((value) => value / norm);
    const scratch = searchGauss({ view, gammas: GAMMAS }, null, linalg);
    const warm = searchGauss({ view, gammas: GAMMAS }, scratch, linalg);
    for (const { path, found: all } of [scratch, warm]) {
      const cosines = path.cosines(all, unit);
      GAMMAS.forEach((gamma, point) => {
        const rows = jacobian(gamma);
        const { values, vectors } = eigenOf(Array.from({ length: dimension }, (_, i) =>
          Array.from({ length: dimension }, (__, j) =>
            rows.reduce((sum, row) => sum + (row[i] ?? NaN) * (row[j] ?? NaN), 0) / probes)));
        const found = all.results[point];
        assert.ok(found !== undefined && found.top.length >= q - 1);
        const got = cosines(point, gamma, q - 1);
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
