// Numbers as people read them: counts, measures, durations, sizes. Never for a program to parse.

/** `1,234,567` */
export function countText(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** At most `digits` significant ones, without trailing zeros: `0.00316`, `1e-7`, `12,500`. */
export function shortNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < 1e7) return countText(value);
  if (magnitude >= 1e6 || magnitude < 1e-3) {
    return value
      .toExponential(digits - 1)
      .replace(/\.?0*e/, "e")
      .replace("e+", "e");
  }
  const rounded = value.toPrecision(digits);
  if (rounded.includes("e")) return countText(Number(rounded));
  return rounded.includes(".") ? rounded.replace(/\.?0+$/, "") : countText(Number(rounded));
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `340 ms`, `8.2 s`, `48 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h` */
export function durationText(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return "unknown";
  const ms = Math.max(0, durationMs);
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9.95 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < 59.5 * SECOND) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR - SECOND / 2) return twoUnits(ms, MINUTE, "min", SECOND, "s");
  if (ms < DAY - MINUTE / 2) return twoUnits(ms, HOUR, "h", MINUTE, "min");
  return twoUnits(ms, DAY, "d", HOUR, "h");
}

function twoUnits(ms: number, big: number, bigName: string, small: number, name: string): string {
  const units = Math.round(ms / small);
  const perBig = big / small;
  const rest = units % perBig;
  return `${Math.floor(units / perBig)} ${bigName}${rest === 0 ? "" : ` ${rest} ${name}`}`;
}

const BYTE_UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, as disks and downloads are sold: `812 bytes`, `1.5 MB`, `24 GB` */
export function bytesText(bytes: number): string {
  return scaledText(bytes, BYTE_UNITS);
}

const FLOP_UNITS = ["flop", "kflop", "Mflop", "Gflop", "Tflop", "Pflop", "Eflop"] as const;

/** Floating-point operations: `5.3 Gflop` */
export function flopsText(flops: number): string {
  return scaledText(flops, FLOP_UNITS);
}

function scaledText(value: number, units: readonly string[]): string {
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = unit > 0 && scaled < 9.95 ? 1 : 0;
  return `${scaled.toFixed(digits)} ${units[unit] ?? ""}`;
}

/** `0%`, `<1%`, `48%`, `>99%`, `100%`: says 0 and 100 of exactly nothing and everything only. */
export function percentText(share: number): string {
  const percent = Math.round(share * 100);
  if (percent === 0 && share > 0) return "<1%";
  if (percent === 100 && share < 1) return ">99%";
  return `${percent}%`;
}

/** `1 job`, `12 jobs`, `1,024 points` */
export function plural(value: number, noun: string): string {
  return `${countText(value)} ${noun}${value === 1 ? "" : "s"}`;
}
