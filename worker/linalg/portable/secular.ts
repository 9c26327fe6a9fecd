// Roots of the secular equation f(λ) = 1 + Σ zᵢ²/(dᵢ − λ): the eigenvalues of diag(d) + z zᵀ.
//
// f increases between neighbouring poles d, so each gap holds one root, and one lies beyond the
// last. What vectors need are the differences dᵢ − λ to full relative precision, hence a root is
// sought as μ = λ − d of the nearer pole (Li, LAPACK working note 89, 1993). The iteration fits
// one simple pole to each side's sum, and is kept inside a bracket that always shrinks.

const EPSILON = 2 ** -52;
/** Four are usual; bisection alone would need about sixty. */
const STEPS_MAX = 400;
/** So that a bracket shrinks even if the model should creep. */
const HALVE_EVERY = 6;

export interface Secular {
  /** k poles, ascending and distinct. */
  readonly d: Float64Array;
  /** k weights, none zero. */
  readonly z: Float64Array;
}

/**
 * The j-th root λ, ascending from 0. Fills `differences` with dᵢ − λ. A step of the iteration
 * takes k divisions and 5·k other operations.
 */
export function secularRoot(secular: Secular, j: number, differences: Float64Array): number {
  const { d, z } = secular;
  const alone = { origin: 0, offset: z[0]! * z[0]! };
  const { origin, offset } = d.length === 1 ? alone : locate(secular, j);
  for (let i = 0; i < d.length; i++) differences[i] = d[i]! - d[origin]! - offset;
  return d[origin]! + offset;
}

/** A root is at d[origin] + offset. */
interface Place {
  readonly origin: number;
  readonly offset: number;
}

function locate(secular: Secular, j: number): Place {
  const { d, z } = secular;
  const isLast = j === d.length - 1;
  const left = isLast ? j - 1 : j;
  // The last root is at most |z|² beyond the last pole.
  const width = isLast ? z.reduce((sum, value) => sum + value * value, 0) : d[j + 1]! - d[j]!;
  const half = width / 2;
  const middle = evaluate(secular, left, { origin: j, offset: half });
  const guess = guessFrom(secular, left, { origin: j, offset: half }, middle.value);
  const isBefore = middle.value >= 0;
  if (isBefore) return refine(secular, left, { origin: j, low: 0, high: half, guess });
  if (isLast) {
    const high = width * (1 + 4 * EPSILON);
    return refine(secular, left, { origin: j, low: half, high, guess });
  }
  const nearer = guessFrom(secular, left, { origin: j + 1, offset: -half }, middle.value);
  return refine(secular, left, { origin: j + 1, low: -half, high: 0, guess: nearer });
}

interface Evaluation {
  readonly value: number;
  /** The derivatives of the sums over the poles up to `left` and beyond. */
  readonly leftSlope: number;
  readonly rightSlope: number;
  /** Σ zᵢ²/|dᵢ − λ|: what rounding is relative to. */
  readonly magnitude: number;
}

function evaluate({ d, z }: Secular, left: number, { origin, offset }: Place): Evaluation {
  const base = d[origin]!;
  let leftSum = 0;
  let leftSlope = 0;
  for (let i = 0; i <= left; i++) {
    const quotient = z[i]! / (d[i]! - base - offset);
    leftSum += z[i]! * quotient;
    leftSlope += quotient * quotient;
  }
  let rightSum = 0;
  let rightSlope = 0;
  for (let i = d.length - 1; i > left; i--) {
    const quotient = z[i]! / (d[i]! - base - offset);
    rightSum += z[i]! * quotient;
    rightSlope += quotient * quotient;
  }
  const value = 1 + leftSum + rightSum;
  return { value, leftSlope, rightSlope, magnitude: Math.abs(leftSum) + Math.abs(rightSum) };
}

interface Bracket {
  readonly origin: number;
  readonly low: number;
  readonly high: number;
  /** Offsets that may lie outside. */
  readonly guess: readonly number[];
}

function refine(secular: Secular, left: number, bracket: Bracket): Place {
  const { d } = secular;
  const { origin } = bracket;
  let { low, high } = bracket;
  let candidates = bracket.guess;
  for (let step = 0; step < STEPS_MAX; step++) {
    const isTurnToHalve = step % HALVE_EVERY === HALVE_EVERY - 1;
    const inside = candidates.find((value) => value > low && value < high);
    const offset = inside === undefined || isTurnToHalve ? (low + high) / 2 : inside;
    if (offset <= low || offset >= high) break;
    const at = evaluate(secular, left, { origin, offset });
    const noise = 1 + 8 * at.magnitude + Math.abs(offset) * (at.leftSlope + at.rightSlope);
    if (Math.abs(at.value) <= EPSILON * noise) return { origin, offset };
    if (at.value < 0) low = offset;
    else high = offset;
    const before = d[left]! - d[origin]! - offset;
    const after = d[left + 1]! - d[origin]! - offset;
    candidates = modelZeros(at, before, after).map((change) => offset + change);
  }
  // Neighbouring numbers: either is the root; 0 would be the pole itself.
  return { origin, offset: low === 0 ? high : low };
}

/** Zeros of the model r + s/(before − x) + t/(after − x) that has the value and slopes given. */
function modelZeros(at: Evaluation, before: number, after: number): readonly number[] {
  const { value, leftSlope, rightSlope } = at;
  return quadraticRoots(
    value - before * leftSlope - after * rightSlope,
    (before + after) * value - before * after * (leftSlope + rightSlope),
    before * after * value,
  );
}

/** Zeros of f with all but the two nearest poles' terms frozen at a place where f has `value`. */
function guessFrom({ d, z }: Secular, left: number, at: Place, value: number): readonly number[] {
  const [p, q] = [d[left]! - d[at.origin]!, d[left + 1]! - d[at.origin]!];
  const [v, w] = [z[left]! * z[left]!, z[left + 1]! * z[left + 1]!];
  const rest = value - v / (p - at.offset) - w / (q - at.offset);
  return quadraticRoots(rest, rest * (p + q) + v + w, rest * p * q + v * q + w * p);
}

/** Both roots of c x² − a x + b, without cancellation; some may not be finite. */
function quadraticRoots(c: number, a: number, b: number): readonly number[] {
  const root = Math.sqrt(Math.max(0, a * a - 4 * b * c));
  const larger = (a + (a < 0 ? -root : root)) / 2;
  return [b / larger, larger / c];
}
