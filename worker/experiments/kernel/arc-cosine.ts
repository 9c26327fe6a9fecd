// Arc-cosine kernels of orders 0 and 1 of two unit vectors, from their squared distance.
//
// From the distance and not from u = x·z: near u = 1 the angle is √(2 − 2u), and half the digits
// of u are gone. @see Cho and Saul, Kernel methods for deep learning (2009), eq. 6
export interface ArcCosine {
  /** u = cos θ and sin θ ≥ 0. */
  readonly u: number;
  readonly sine: number;
  /** k0 = (π − θ)/π, and k1 = (sin θ + (π − θ) cos θ)/π. */
  readonly zeroth: number;
  readonly first: number;
}

/** @param square |x − z|², in [0, 4] but for rounding. */
export function arcCosine(square: number): ArcCosine {
  const s = Math.min(square, 4);
  const u = 1 - s / 2;
  const sine = Math.sqrt(s * (1 - s / 4));
  const rest = Math.PI - 2 * Math.asin(Math.sqrt(s) / 2);
  return { u, sine, zeroth: rest / Math.PI, first: (sine + u * rest) / Math.PI };
}
