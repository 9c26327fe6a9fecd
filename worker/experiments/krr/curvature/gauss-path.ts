// The mean of JᵀJ along γ as small dense matrices, exact.
//
// In coordinates of the slopes J (model.ts) it is J S Jᵀ, S = G0 + γ G1 + γ² G2 with a small block for each
// probe. With Ĵ the (q − 1) B gradients by contrast over √B all its nonzero eigenvalues are those
// of Ĵ Ĵᵀ, whose eigenvectors u give v = Ĵᵀu / √θ; where there are more of these than
// dimensions J S Jᵀ itself is the smaller one.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { gaussBlocks } from "./hessian-path.ts";
import { slopesOf, type View } from "./model.ts";
import { innerProducts, product, sideBySide } from "./narrow.ts";
import { borrowed } from "./scratch.ts";
import { alongBasis, type Found, squaredProducts, topVectors } from "./search.ts";

export interface GaussPath {
  /** (q − 1) B or d. */
  readonly order: number;
  /** H = powers[0] + γ powers[1] + γ² powers[2], symmetric, of that order; made for each call. */
  powers(): readonly Matrix[];
  /** Of what was found at some points: their first top eigenvectors themselves, (d, w), of any length. */
  vectors(found: Found, points: readonly { readonly point: number; readonly gamma: number }[], most: number): Matrix;
  /** Squared cosines of the first `most` top eigenvectors of a point with a unit direction, (d). */
  cosines(found: Found, direction: Float64Array): (point: number, gamma: number, most: number) => Float64Array;
  /** Share of its tolerance that a pair may use, by its eigenvalue over the largest. */
  readonly strictness: (share: number) => number;
}

/** Eigenvalues below this share of the largest have no direction to speak of. */
const ABSENT = 1e-16;

export function gaussPath(view: View, linalg: LinalgProvider): GaussPath {
  return view.turned.length * view.g.length < view.frame.rows ? byOutputs(view, linalg) : byInputs(view, linalg);
}

function byInputs(view: View, linalg: LinalgProvider): GaussPath {
  const slopes = slopesOf(view);
  const { rows: d, cols } = slopes;
  const q = view.r.length;
  return {
    order: d,
    powers: () => gaussBlocks(view).map((blocks) => {
      const turned = matrix(d, cols);
      for (let at = 0; at < cols; at += q) {
        linalg.gemm({ a: columns(slopes, at, at + q), b: columns(blocks, at, at + q), c: columns(turned, at, at + q) });
      }
      const out = borrowed(d, d);
      linalg.gemm({ a: turned, b: slopes, c: out, transposeB: true });
      return out;
    }),
    vectors: (found, points, most) => sideBySide(points.map(({ point }) => topVectors(found, point, most, linalg))),
    cosines(found, direction) {
      const along = alongBasis(found, direction, linalg);
      return (point, _, most) => squaredProducts(found.results[point]!, along, most);
    },
    strictness: () => 1,
  };
}

function byOutputs(view: View, linalg: LinalgProvider): GaussPath {
  const slopes = slopesOf(view);
  const { turned, g } = view;
  const [s, q, b] = [turned.length, turned.length + 1, g.length];
  return {
    order: s * b,
    powers: () => outputPowers(view.gram ?? linalg.gram(slopes), turned),
    vectors(found, points, most) {
      const mixtures = points.map(({ point, gamma }) => {
        const u = topVectors(found, point, most, linalg);
        const mixture = matrix(q * b, u.cols);
        for (let column = 0; column < u.cols; column++) {
          for (let i = 0; i < s * b; i++) {
            const [probe, k] = [Math.floor(i / s), i % s];
            const value = u.data[i + column * u.rows]!;
            mixture.data[probe * q + k + column * q * b] = value;
            mixture.data[probe * q + s + column * q * b]! += gamma * turned[k]! * value;
          }
        }
        return mixture;
      });
      return product(slopes, sideBySide(mixtures), linalg);
    },
    cosines(found, direction) {
      // The image of a direction is moved + γ pulled.
      const along = innerProducts(slopes, matrix(direction.length, 1, direction), linalg).data;
      const [moved, pulled] = [new Float64Array(s * b), new Float64Array(s * b)];
      for (let i = 0; i < s * b; i++) {
        const at = Math.floor(i / s) * q;
        moved[i] = along[at + (i % s)]!;
        pulled[i] = turned[i % s]! * along[at + s]!;
      }
      const [still, moving] = [alongBasis(found, moved, linalg), alongBasis(found, pulled, linalg)];
      const image = new Float64Array(still.length);
      return (point, gamma, most) => {
        const extremes = found.results[point]!;
        for (let i = 0; i < extremes.coefficients.rows; i++) image[i] = still[i]! + gamma * moving[i]!;
        return squaredProducts(extremes, image, most).map((square, j) => {
          const value = extremes.top[j]!;
          return value > ABSENT * extremes.top[0]! ? square / (b * value) : 0;
        });
      };
    },
    // |ĴᵀĴ v − θ v| = |Ĵᵀ(ĴĴᵀu − θ u)| / √θ ≤ √(θ_1 / θ) |ĴĴᵀu − θ u|.
    strictness: (share) => Math.sqrt(Math.max(share, ABSENT)),
  };
}

/** Ĵ Ĵᵀ = K0 + γ K1 + γ² K2 from JᵀJ, (q B, q B). Row b (q − 1) + k is contrast k at probe b. */
function outputPowers({ rows: all, data: gram }: Matrix, turned: Float64Array): Matrix[] {
  const [s, q] = [turned.length, turned.length + 1];
  const b = all / q;
  const size = s * b;
  const powers = [borrowed(size, size), borrowed(size, size), borrowed(size, size)];
  const [zeroth, first, second] = powers.map(({ data }) => data);
  for (let other = 0, at = 0; other < b; other++) {
    const pull = (other * q + s) * all;
    for (let l = 0; l < s; l++) {
      const own = (other * q + l) * all;
      for (let probe = 0; probe < b; probe++) {
        const row = probe * q;
        const [turnedPull, shared] = [gram[own + row + s]!, gram[pull + row + s]!];
        for (let k = 0; k < s; k++, at++) {
          zeroth![at] = gram[own + row + k]! / b;
          first![at] = (gram[pull + row + k]! * turned[l]! + turned[k]! * turnedPull) / b;
          second![at] = (shared * turned[k]! * turned[l]!) / b;
        }
      }
    }
  }
  return powers;
}
