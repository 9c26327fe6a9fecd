// The mean of JᵀJ along γ as small dense matrices, exact.
//
// With Ĵ = J / √B all its nonzero eigenvalues are those of Ĵ Ĵᵀ, (qB, qB), whose eigenvectors u
// give v = Ĵᵀu / √θ; where there are more rows than dimensions ĴᵀĴ itself is the smaller one.
//   J = J0 + γ r ⊗ ∇g,  both products are quadratics in γ.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import type { CleanView, PoisonView } from "./model.ts";
import { innerProducts, product } from "./narrow.ts";
import type { Extremes } from "./search.ts";

export interface GaussPath {
  /** H = powers[0] + γ powers[1] + γ² powers[2], symmetric, of order qB or d. */
  readonly powers: readonly Matrix[];
  /** Its first top eigenvectors themselves, (d, w), of any length. */
  vectors(found: Extremes, gamma: number, most: number): Matrix;
  /** Squared cosine of each top eigenvector, or the first `most`, with a unit direction, (d). */
  cosines(direction: Float64Array): (found: Extremes, gamma: number, most?: number) => Float64Array;
  /** Share of its tolerance that a pair may use, by its eigenvalue over the largest. */
  readonly strictness: (share: number) => number;
}

/** Eigenvalues below this share of the largest have no direction to speak of. */
const ABSENT = 1e-16;

export function gaussPath(clean: CleanView, poison: PoisonView, linalg: LinalgProvider): GaussPath {
  const isDual = clean.gradients.cols < clean.gradients.rows;
  return isDual ? byOutputs(clean, poison, linalg) : byInputs(clean, poison, linalg);
}

function byInputs({ gradients: own }: CleanView, poison: PoisonView, linalg: LinalgProvider): GaussPath {
  const { gradients, pulled, square } = poison;
  const [d, scale] = [own.rows, 1 / poison.g.length];
  const powers = [matrix(d, d), matrix(d, d), matrix(d, d)] as const;
  const add = (to: Matrix, a: Matrix, b: Matrix, alpha: number): void =>
    linalg.gemm({ a, b, c: to, transposeB: true, alpha, beta: 1 });
  add(powers[0], own, own, scale);
  add(powers[1], pulled, gradients, scale);
  add(powers[1], gradients, pulled, scale);
  add(powers[2], gradients, gradients, scale * square);
  return {
    powers,
    vectors: ({ topVectors }, _, most) => columns(topVectors, 0, Math.min(most, topVectors.cols)),
    cosines: (direction) => ({ topVectors }, _, most = topVectors.cols) =>
      innerProducts(columns(topVectors, 0, most), matrix(d, 1, direction), linalg).data
        .map((cosine) => cosine * cosine),
    strictness: () => 1,
  };
}

function byOutputs({ gradients: own }: CleanView, poison: PoisonView, linalg: LinalgProvider): GaussPath {
  const { gradients, r } = poison;
  const [q, b] = [r.length, poison.g.length];
  const powers = outputPowers(linalg.gram(own), innerProducts(own, gradients, linalg), linalg.gram(gradients), r);
  const along = (a: Matrix, direction: Float64Array): Float64Array =>
    innerProducts(a, matrix(direction.length, 1, direction), linalg).data;
  return {
    powers,
    vectors({ topVectors }, gamma, most) {
      const u = columns(topVectors, 0, Math.min(most, topVectors.cols));
      const out = product(own, u, linalg);
      const pulls = matrix(b, u.cols);
      u.data.subarray(0, u.rows * u.cols).forEach((value, at) => {
        pulls.data[Math.floor(at / q)]! += gamma * r[at % q]! * value;
      });
      linalg.gemm({ a: gradients, b: pulls, c: out, beta: 1 });
      return out;
    },
    cosines(direction) {
      const [moved, slopes] = [along(own, direction), along(gradients, direction)];
      const pulled = moved.map((_, i) => r[i % q]! * slopes[Math.floor(i / q)]!);
      return ({ top, topVectors: { data } }, gamma, most = top.length) => {
        const image = moved.map((value, i) => value + gamma * pulled[i]!);
        return top.subarray(0, most).map((value, at) => {
          if (!(value > ABSENT * top[0]!)) return 0;
          const u = at * q * b;
          let inner = 0;
          for (let i = 0; i < q * b; i++) inner += data[u + i]! * image[i]!;
          return inner ** 2 / (b * value);
        });
      };
    },
    // |ĴᵀĴ v − θ v| = |Ĵᵀ(ĴĴᵀu − θ u)| / √θ ≤ √(θ_1 / θ) |ĴĴᵀu − θ u|.
    strictness: (share) => Math.sqrt(Math.max(share, ABSENT)),
  };
}

/** Ĵ Ĵᵀ = K0 + γ K1 + γ² K2. Row b·q + k is output k at probe b. */
function outputPowers(clean: Matrix, cross: Matrix, pull: Matrix, r: Float64Array): Matrix[] {
  const q = r.length;
  const b = pull.rows;
  const size = q * b;
  const powers = [matrix(size, size), matrix(size, size), matrix(size, size)];
  const [zeroth, first, second] = powers.map(({ data }) => data);
  const [own, mutual] = [clean.data, cross.data];
  for (let column = 0, at = 0; column < size; column++) {
    const otherProbe = Math.floor(column / q);
    const other = r[column % q]!;
    for (let probe = 0, row = 0; probe < b; probe++) {
      const [turned, shared] = [mutual[column + probe * size]!, pull.data[probe + otherProbe * b]!];
      for (let output = 0; output < q; output++, row++, at++) {
        zeroth![at] = own[at]! / b;
        first![at] = (mutual[row + otherProbe * size]! * other + r[output]! * turned) / b;
        second![at] = (shared * r[output]! * other) / b;
      }
    }
  }
  return powers;
}
