// The strokes of the ten generated digits, as a hand would write them, in a unit box.
//
// x runs right and y down, both from 0 to 1. A digit has one or more styles; a style is a list of
// strokes; a stroke goes through its points, along straight lines or a smooth curve.

export interface Stroke {
  readonly isSmooth: boolean;
  /** x, y of each point in turn. */
  readonly points: readonly number[];
}
export type Style = readonly Stroke[];

const lines = (...points: number[]): Stroke => ({ isSmooth: false, points });
const curve = (...points: number[]): Stroke => ({ isSmooth: true, points });

const lowerBow = [0.42, 0.47, 0.74, 0.56, 0.82, 0.76, 0.56, 0.97, 0.18, 0.88];

/** GLYPH_STYLES[digit] lists the ways to write it; each is as likely as the others. */
export const GLYPH_STYLES: readonly (readonly Style[])[] = [
  [
    [curve(0.5, 0.02, 0.27, 0.14, 0.18, 0.5, 0.27, 0.86, 0.5, 0.98, 0.73, 0.86, 0.82, 0.5, 0.73,
      0.14, 0.5, 0.02)],
  ],
  [
    [lines(0.5, 0.02, 0.5, 0.98)],
    [lines(0.28, 0.24, 0.54, 0.02, 0.54, 0.98)],
    [lines(0.28, 0.24, 0.54, 0.02, 0.54, 0.98), lines(0.28, 0.98, 0.8, 0.98)],
  ],
  [
    [curve(0.18, 0.26, 0.3, 0.07, 0.58, 0.03, 0.79, 0.2, 0.72, 0.44, 0.46, 0.7, 0.17, 0.97),
      lines(0.17, 0.97, 0.85, 0.97)],
    [curve(0.18, 0.24, 0.42, 0.03, 0.76, 0.16, 0.7, 0.48, 0.34, 0.84, 0.16, 0.9, 0.28, 0.76, 0.5,
      0.88, 0.86, 0.94)],
  ],
  [
    [curve(0.2, 0.12, 0.45, 0.02, 0.74, 0.13, 0.71, 0.35, 0.42, 0.47), curve(...lowerBow)],
    [lines(0.18, 0.05, 0.78, 0.05, 0.44, 0.42), curve(0.44, 0.42, ...lowerBow.slice(2))],
  ],
  [
    [lines(0.64, 0.02, 0.13, 0.66, 0.9, 0.66), lines(0.66, 0.02, 0.66, 0.98)],
    [lines(0.24, 0.04, 0.18, 0.53, 0.84, 0.5), lines(0.74, 0.04, 0.68, 0.98)],
  ],
  [
    [lines(0.8, 0.04, 0.28, 0.04, 0.22, 0.45),
      curve(0.22, 0.45, 0.5, 0.37, 0.8, 0.5, 0.82, 0.75, 0.55, 0.97, 0.18, 0.88)],
  ],
  [
    [curve(0.7, 0.04, 0.4, 0.22, 0.2, 0.55, 0.23, 0.83, 0.48, 0.98, 0.76, 0.85, 0.76, 0.63, 0.5,
      0.51, 0.23, 0.66)],
    [curve(0.34, 0.02, 0.24, 0.4, 0.22, 0.8, 0.48, 0.98, 0.78, 0.84, 0.72, 0.6, 0.46, 0.55, 0.24,
      0.74)],
  ],
  [
    [lines(0.15, 0.05, 0.85, 0.05, 0.42, 0.98)],
    [lines(0.15, 0.05, 0.85, 0.05, 0.42, 0.98), lines(0.36, 0.5, 0.8, 0.5)],
  ],
  [
    [curve(0.5, 0.47, 0.24, 0.3, 0.29, 0.1, 0.5, 0.02, 0.71, 0.1, 0.76, 0.3, 0.5, 0.47, 0.2, 0.7,
      0.27, 0.91, 0.5, 0.99, 0.73, 0.91, 0.8, 0.7, 0.5, 0.47)],
  ],
  [
    [curve(0.77, 0.34, 0.5, 0.5, 0.24, 0.38, 0.24, 0.16, 0.52, 0.02, 0.77, 0.17, 0.77, 0.45, 0.7,
      0.75, 0.48, 0.98)],
    [curve(0.76, 0.3, 0.52, 0.48, 0.25, 0.35, 0.28, 0.1, 0.56, 0.02, 0.76, 0.14),
      lines(0.76, 0.1, 0.74, 0.98)],
  ],
];
