// Numbers as a reader wants them.
import type { StudySummary } from "../schema/api.ts";
import { roundSteps } from "../schema/ticks.ts";

/** Four significant digits, exponents only where they help; "–" for none. */
export function shown(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [mantissa = "", exponent = ""] = value.toExponential(Math.max(0, digits - 2)).split("e");
    const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return `${short}e${exponent.replace("+", "")}`.replaceAll("-", "−");
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

/** The least and the largest, of more numbers too than a call may have arguments. */
export function extentOf(values: readonly number[]): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Ends moved out to round numbers where that takes little: 6e−5 … 0.998 is drawn as 0 … 1. */
export function roundDomain(low: number, high: number, slack = 0.04): readonly [number, number] {
  const [first = low, second = high] = roundSteps(low, high, 5);
  const step = second - first;
  if (!(high > low) || step <= 0) return [low, high];
  const most = (high - low) * slack;
  const [below, above] = [Math.floor(low / step) * step, Math.ceil(high / step) * step].map((end) => Number(end.toPrecision(12)));
  return [
    below !== undefined && low - below <= most ? below : low,
    above !== undefined && above - high <= most ? above : high,
  ];
}

/** 1,234,567 */
export function counted(value: number): string {
  return value.toLocaleString("en-GB");
}

/** 12.3k, 4.5M */
export function short(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)}G`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)}M`;
  if (value >= 1e4) return `${(value / 1e3).toPrecision(3)}k`;
  return String(Math.round(value));
}

/** 3 d 4 h, 12 min, 8 s, 650 ms */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  if (seconds > 0 && seconds < 1) return seconds < 0.001 ? "< 1 ms" : `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Number(seconds.toPrecision(2))} s`;
  const units: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];
  const first = units.findIndex(([size]) => seconds >= size);
  const [size, name] = units[first] ?? [1, "s"];
  const next = units[first + 1];
  const whole = Math.floor(seconds / size);
  const rest = next === undefined || size <= 60 ? 0 : Math.floor((seconds - whole * size) / next[0]);
  return rest > 0 && next !== undefined ? `${whole} ${name} ${rest} ${next[1]}` : `${whole} ${name}`;
}

/** attack_success_rate → attack success rate */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** `24 length scale × 18 ridge` */
export function gridText({ axes }: Pick<StudySummary, "axes">): string {
  return axes.map(({ name, size }) => `${size} ${words(name)}`).join(" × ");
}

export function timeOf(iso: string): string {
  return new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** "3 s ago" */
export function ago(iso: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - Date.parse(iso)) / 1000);
  return seconds < 1 ? "now" : `${duration(Math.floor(seconds))} ago`;
}
