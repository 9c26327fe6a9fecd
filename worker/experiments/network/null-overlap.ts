// How large cos² between a fixed direction and a random one gets by chance.

/**
 * The q with P(cos² > q) = `level` for a direction uniform on the sphere in R^dimension, where
 * cos² has the distribution Beta(1/2, (dimension − 1)/2).
 *
 * With cos = sin t, P(|t| > s) = ∫_s^{π/2} cos^(d−2) t dt / ∫_0^{π/2}: by Simpson's rule and bisection.
 *
 * @param dimension at least 2.
 * @param level in (0, 1).
 */
export function nullOverlap(dimension: number, level = 0.001): number {
  const all = tail(0, dimension);
  let [low, high] = [0, Math.PI / 2];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (tail(middle, dimension) / all > level) low = middle;
    else high = middle;
  }
  return Math.sin(low) ** 2;
}

/** Beyond this many standard deviations (1/√d each) nothing is left to integrate. */
const WIDTH = 12;

function tail(from: number, dimension: number): number {
  const to = Math.min(Math.PI / 2, from + WIDTH / Math.sqrt(dimension));
  const panels = 2_000;
  const height = (to - from) / panels;
  let sum = 0;
  for (let i = 0; i <= panels; i++) {
    const weight = i === 0 || i === panels ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.cos(from + i * height) ** (dimension - 2);
  }
  return (sum * height) / 3;
}
