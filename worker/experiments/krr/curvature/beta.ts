// The beta distribution: how large a squared cosine comes by chance.

/**
 * Regularised incomplete beta function I_x(a, b): the distribution function of Beta(a, b).
 * Continued fraction, relative error about 1e-14. @see Abramowitz and Stegun 26.5.8
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean, and the other tail is its mirror.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  return front * continuedFraction(x, a, b);
}

const TINY = 1e-300;

/** By Lentz's method. */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / lifted(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / lifted(1 + even * d);
    c = lifted(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / lifted(1 + odd * d);
    c = lifted(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return value;
}

const lifted = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

/** ln Γ(x) for x > 0: Stirling's series after moving x above 12, absolute error below 1e-13. */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 12) {
    shift += Math.log(y);
    y += 1;
  }
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** The `share` quantile of Beta(a, b), by bisection to about 1e-12 of itself. */
export function betaQuantile(share: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Share of random directions below the overlap at which the overlap detector fires. */
const NULL_SHARE = 0.999;

/** The squared cosine of two directions in d dimensions that chance exceeds once in a thousand. */
export function overlapThreshold(dimension: number): number {
  if (dimension < 2) return 1;
  return betaQuantile(NULL_SHARE, 1 / 2, (dimension - 1) / 2);
}
