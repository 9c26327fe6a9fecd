// Ticks that a person would have chosen on a scale of numbers; for the page and for reports.

export interface Tick {
  /** Position as a share of the axis' length. */
  readonly at: number;
  readonly label: string;
}

/** About `wanted` round numbers from `low` to `high`, both included where they are round. */
export function roundSteps(low: number, high: number, wanted: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  // Rather a few more ticks than wanted than half as many.
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.6) ?? power * 10;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return Number(value.toPrecision(12));
  });
}

/** Powers of ten from `low` to `high`; with few of them, also 2 and 5 times each. */
export function logSteps(low: number, high: number, wanted: number): number[] {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const decades = to - from;
  const every = Math.max(1, Math.ceil(decades / wanted));
  const factors = decades <= wanted / 2 ? [1, 2, 5] : [1];
  const steps: number[] = [];
  for (let power = from; power <= to; power++) {
    if (power % every !== 0 && decades > wanted) continue;
    for (const factor of factors) steps.push(Number((factor * 10 ** power).toPrecision(3)));
  }
  return steps.filter((step) => step >= low * 0.999 && step <= high * 1.001);
}

export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
    const [mantissa, exponent] = value.toExponential(2).split("e");
    const short = Number(mantissa);
    const power = superscript(Number(exponent));
    return short === 1 ? `10${power}` : `${String(short).replace("-", "−")}·10${power}`;
  }
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

function superscript(value: number): string {
  return String(value).replaceAll(/[-\d]/g, (sign) => (sign === "-" ? "⁻" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)] ?? "")));
}

/** How a value lies between two others on the scale, 0 to 1. */
export function share(value: number, low: number, high: number, isLog: boolean): number {
  if (high === low) return 0.5;
  if (isLog && low > 0 && value > 0) return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}
