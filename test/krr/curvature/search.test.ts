// What a search finds along a path of large matrices, against all eigenpairs of each of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { driveDense } from "../../../worker/experiments/krr/curvature/drive.ts";
import { ANGLE_MAX, ERROR_MAX } from "../../../worker/experiments/krr/curvature/level.ts";
import { fixedDirection } from "../../../worker/experiments/krr/curvature/orthonormal.ts";
import { RESIDUAL_MAX, searchPath, topVectors } from "../../../worker/experiments/krr/curvature/search.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { type Matrix, matrix } from "../../../worker/linalg/matrix.ts";
import { mulberry } from "../problems.ts";

const { provider: linalg } = openProvider("auto");
const ORDER = 150;
const GAMMAS = Array.from({ length: 12 }, (_, point) => point / 4);

/** A = Σ_j weight_j v_j v_jᵀ of random directions: a spectrum whose top stands out by what `weight` says. */
function spiked(seed: number, weight: (j: number) => number): Matrix {
  const random = mulberry(seed);
  const rows = matrix(ORDER, ORDER, Float64Array.from({ length: ORDER * ORDER }, () => random() - 0.5));
  const scaled = matrix(ORDER, ORDER, rows.data.map((value, at) => value * weight(Math.floor(at / ORDER)) / ORDER));
  const out = matrix(ORDER, ORDER);
  linalg.gemm({ a: scaled, b: rows, c: out, transposeB: true });
  for (let j = 0; j < ORDER; j++) for (let i = 0; i < j; i++) out.data[i + j * ORDER] = out.data[j + i * ORDER] ?? NaN;
  return out;
}

/** The more alike their top eigenvalues, the harder it is to tell them apart. */
const SPECTRA: readonly (readonly [string, (j: number) => number])[] = [
  ["far apart", (j) => 0.5 ** j],
  ["close", (j) => 0.97 ** j],
  ["of both signs", (j) => (j % 2 === 0 ? 1 : -1) * 0.9 ** j],
];

for (const [name, weight] of SPECTRA) {
  test(`eigenvalues ${name}: the top pair of every point is as near as the gap says`, () => {
    const powers = [spiked(1, weight), spiked(2, (j) => 0.3 * weight(j)), spiked(3, (j) => 0.1 * weight(j))];
    const mix = GAMMAS.map((gamma) => Float64Array.of(1, gamma, gamma * gamma));
    const found = driveDense(searchPath({ dimension: ORDER, mix, top: [RESIDUAL_MAX, 1e-3], bottom: [],
      start: matrix(ORDER, 4, fixedDirection(4 * ORDER, 1)) }, linalg), powers, linalg);
    assert.ok((found.results[0]?.coefficients.rows ?? ORDER) < ORDER / 2, "a whole space proves nothing");
    mix.forEach((factors, point) => {
      const whole = matrix(ORDER, ORDER);
      powers.forEach(({ data }, p) => data.forEach((value, at) => {
        whole.data[at] = (whole.data[at] ?? NaN) + (factors[p] ?? NaN) * value;
      }));
      const { values, vectors } = linalg.symmetricEigen(whole);
      const [first = NaN, second = NaN] = [values.at(-1), values.at(-2)];
      const scale = Math.abs(first);
      const gap = first - second;
      const error = Math.abs((found.results[point]?.top[0] ?? NaN) - first);
      // r² over the gap for the residual that was allowed, and rounding.
      const allowed = Math.max(ERROR_MAX, RESIDUAL_MAX ** 2 * (scale / gap)) * scale * 1.1 + 1e-13 * scale;
      assert.ok(error <= allowed, `point ${point}: off by ${error / scale}, gap ${gap / scale}`);
      const unit = topVectors(found, point, 1, linalg).data;
      const own = vectors.data.subarray((ORDER - 1) * ORDER);
      const cosine = Math.abs(own.reduce((sum, value, i) => sum + value * (unit[i] ?? NaN), 0));
      const sine = Math.sqrt(Math.max(0, 1 - cosine * cosine));
      // 1 − cos² of nearly equal vectors is known to about 1e-8.
      assert.ok(sine <= 1.1 * Math.max(ANGLE_MAX, (RESIDUAL_MAX * scale) / gap) + 1e-7, `point ${point}: turned by ${sine}, gap ${gap / scale}`);
    });
  });
}
