// Perceptually uniform colours for a share in [0, 1], and how a terminal is told of them.

/** Stops of the viridis map, evenly spaced; dark is 0, bright is 1. */
const STOPS = [
  0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b,
  0xfde725,
] as const;

export type Rgb = readonly [number, number, number];

/** The colour of a share, clamped to [0, 1]; linear between the stops. */
export function colorOf(share: number): Rgb {
  const place = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(place));
  const [a, b] = [channels(STOPS[low] ?? 0), channels(STOPS[low + 1] ?? 0)];
  const mix = (i: 0 | 1 | 2): number => Math.round(a[i] + (b[i] - a[i]) * (place - low));
  return [mix(0), mix(1), mix(2)];
}

/** `#rrggbb` */
export function hexColor(share: number): string {
  return `#${colorOf(share).map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function channels(packed: number): Rgb {
  return [packed >> 16, (packed >> 8) & 255, packed & 255];
}

export type ColorDepth = "none" | "cube" | "true";

/** What a terminal shows: nothing where it is none, or where NO_COLOR or TERM=dumb say so. */
export function colorDepth(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): ColorDepth {
  const refuses = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  if (!isTerminal || refuses) return "none";
  return /^(truecolor|24bit)$/i.test(env["COLORTERM"] ?? "") ? "true" : "cube";
}

/** `text` on the background of a share. */
export function paint(text: string, share: number, depth: ColorDepth): string {
  if (depth === "none") return text;
  const color = colorOf(share);
  const code = depth === "true" ? `48;2;${color.join(";")}` : `48;5;${cubeIndex(color)}`;
  return `\u001b[${code}m${text}\u001b[0m`;
}

/** The nearest of the 6 × 6 × 6 colours that terminals number from 16. */
function cubeIndex(color: Rgb): number {
  const levels = [0, 95, 135, 175, 215, 255];
  const nearest = (channel: number): number =>
    levels.reduce((best, level, i) =>
      Math.abs(level - channel) < Math.abs((levels[best] ?? 0) - channel) ? i : best, 0);
  return 16 + 36 * nearest(color[0]) + 6 * nearest(color[1]) + nearest(color[2]);
}
