// The input Hessian of the loss at probe rows, exactly, for piecewise linear networks.
//
// Where the scores z are piecewise linear in x, the Hessian of L(z(x)) is Jᵀ D J with J = ∂z/∂x and
// D = diag p − p pᵀ (softmax) or I (squared): rank at most q − 1 (or q). Its non-zero eigenpairs
// follow from the q × q Gram matrix of A = D^½ J, with D^½ = diag(√p)(I − 1pᵀ) for softmax.
// For smooth networks Jᵀ D J is the Gauss–Newton part only.
import { matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import type { Jacobians } from "./jacobian.ts";
import type { LossKind } from "./loss.ts";

/** Of one probe. */
export interface ProbeCurvature {
  readonly top: number;
  readonly trace: number;
  /** cos² between the top eigenvector and the probe's direction; NaN if either is zero. */
  readonly overlap: number;
  /** The same summed over the top q − 1 eigenvectors. */
  readonly subspaceOverlap: number;
  /** |∇ₓL|² for the probe's label. */
  readonly gradientSquare: number;
}

export interface CurvatureOptions {
  readonly kind: LossKind;
  /** (probes). */
  readonly labels: Int32Array;
  /** (probes, d): where the trigger moves each probe, any length. */
  readonly directions: Float32Array;
  readonly linalg: Pick<LinalgProvider, "symmetricEigen">;
}

/** Each probe's curvature, from its Jacobian alone. O(q² d + q³) each. */
export function curvatures(jacobians: Jacobians, options: CurvatureOptions): ProbeCurvature[] {
  return Array.from({ length: jacobians.probes }, (_, probe) => curvatureAt(jacobians, probe, options));
}

function curvatureAt(jacobians: Jacobians, probe: number, options: CurvatureOptions): ProbeCurvature {
  const { classes, dimension, scores } = jacobians;
  const { kind, labels, directions, linalg } = options;
  const gram = gramAt(jacobians, probe);
  const along = alongDirection(jacobians, probe, directions);
  const shares = sharesOf(kind, scores.subarray(probe * classes, (probe + 1) * classes));
  const slope = slopeOf(kind, shares, scores, { probe, label: labels[probe]!, classes });
  const curved = kind === "softmax" ? rooted(gram, shares) : gram.slice(); // to be overwritten
  const rotated = kind === "softmax" ? rootedVector(along.products, shares) : along.products;
  let trace = 0;
  for (let c = 0; c < classes; c++) trace += curved[c * classes + c]!;
  const { values, vectors } = linalg.symmetricEigen(matrix(classes, classes, curved));
  const overlapOf = (index: number): number => {
    const value = values[index]!;
    if (!(value > trace * 1e-12)) return 0;
    const product = dot(vectors.data, index * classes, rotated, 0, classes);
    return (product * product) / (value * along.square);
  };
  const top = values[classes - 1]!;
  let subspaceOverlap = 0;
  for (let index = 1; index < classes; index++) subspaceOverlap += overlapOf(index);
  const hasDirection = along.square > 0 && top > 0 && dimension > 0;
  return {
    top,
    trace,
    overlap: hasDirection ? overlapOf(classes - 1) : Number.NaN,
    subspaceOverlap: hasDirection ? subspaceOverlap : Number.NaN,
    gradientSquare: quadratic(gram, slope),
  };
}

/** J Jᵀ of one probe, (q, q), in float64. */
function gramAt({ classes, dimension, rows }: Jacobians, probe: number): Float64Array {
  const gram = new Float64Array(classes * classes);
  const start = probe * dimension;
  for (let i = 0; i < classes; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(rows[i]!, start, rows[j]!, start, dimension);
      gram[i * classes + j] = product;
      gram[j * classes + i] = product;
    }
  }
  return gram;
}

/** J τ of one probe, (q), and |τ|². */
function alongDirection(
  { classes, dimension, rows }: Jacobians,
  probe: number,
  directions: Float32Array,
): { products: Float64Array; square: number } {
  const start = probe * dimension;
  const products = Float64Array.from({ length: classes }, (_, c) =>
    dot(rows[c]!, start, directions, start, dimension));
  return { products, square: dot(directions, start, directions, start, dimension) };
}

function dot(a: ArrayLike<number>, from: number, b: ArrayLike<number>, to: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[from + i]! * b[to + i]!;
  return sum;
}

/** p = softmax(z); for the squared loss the weights are all 1 and nothing is taken off. */
export function sharesOf(kind: LossKind, scores: Float32Array): Float64Array {
  if (kind === "squared") return new Float64Array(scores.length).fill(1);
  const top = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - top));
  const sum = powers.reduce((all, one) => all + one, 0);
  return powers.map((power) => power / sum);
}

/** ∂L/∂z. */
function slopeOf(
  kind: LossKind,
  shares: Float64Array,
  scores: Float32Array,
  at: { probe: number; label: number; classes: number },
): Float64Array {
  const own = (c: number): number => (c === at.label ? 1 : 0);
  if (kind === "softmax") return shares.map((share, c) => share - own(c));
  return shares.map((_, c) => scores[at.probe * at.classes + c]! - own(c) + 1 / at.classes);
}

/** D^½ G D^½ᵀ with D^½ = diag(√p)(I − 1pᵀ): exactly symmetric. */
function rooted(gram: Float64Array, shares: Float64Array): Float64Array {
  const q = shares.length;
  const means = Float64Array.from({ length: q }, (_, i) => dot(gram, i * q, shares, 0, q));
  const mean = dot(means, 0, shares, 0, q);
  const out = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j <= i; j++) {
      const centred = gram[i * q + j]! - means[i]! - means[j]! + mean;
      out[i * q + j] = centred * Math.sqrt(shares[i]! * shares[j]!);
      out[j * q + i] = out[i * q + j]!;
    }
  }
  return out;
}

function rootedVector(values: Float64Array, shares: Float64Array): Float64Array {
  const mean = dot(values, 0, shares, 0, shares.length);
  return values.map((value, c) => Math.sqrt(shares[c]!) * (value - mean));
}

function quadratic(gram: Float64Array, vector: Float64Array): number {
  const q = vector.length;
  let sum = 0;
  for (let i = 0; i < q; i++) sum += vector[i]! * dot(gram, i * q, vector, 0, q);
  return sum;
}

/** v ↦ (1/B) Σ Jᵀ D J v over all probes: the mean Hessian, for Lanczos. O(B q d). */
export function meanProduct(jacobians: Jacobians, kind: LossKind): (v: Float64Array) => Float64Array {
  const { probes, classes, dimension, rows, scores } = jacobians;
  const shares = Array.from({ length: probes }, (_, probe) =>
    sharesOf(kind, scores.subarray(probe * classes, (probe + 1) * classes)));
  return (v) => {
    const out = new Float64Array(dimension);
    for (let probe = 0; probe < probes; probe++) {
      const start = probe * dimension;
      const along = rows.map((row) => dot(row, start, v, 0, dimension));
      const p = shares[probe]!;
      const mean = kind === "softmax" ? dot(along, 0, p, 0, classes) : 0;
      rows.forEach((row, c) => {
        const weight = (p[c]! * (along[c]! - mean)) / probes;
        for (let i = 0; i < dimension; i++) out[i]! += weight * row[start + i]!;
      });
    }
    return out;
  };
}
