// `glyphs`: generated 28×28 digits, so that a first study needs no download.
//
// A digit's strokes are moved point by point, sheared, turned, scaled and shifted, drawn
// anti-aliased with a pen of random width and ink, and given normal pixel noise. Only + − × ÷, √
// and our own generator are used, so the pixels are the same bits everywhere. Whoever changes what
// is drawn must raise GLYPHS_VERSION: stored results name the fingerprint that it is part of.
import type { ImageShape } from "../schema/data.ts";
import type { Labelled } from "./draw.ts";
import { GLYPH_STYLES, type Stroke } from "./glyph-strokes.ts";
import type { Random } from "./random.ts";

export const GLYPHS_VERSION = 1;
export const GLYPH_CLASSES = GLYPH_STYLES.length;
export const GLYPH_IMAGE: ImageShape = [28, 28, 1];

const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** Height of an unscaled digit in pixels; its width is three quarters of that. */
const HEIGHT = 20;
/** Standard deviation of a point's move, in the unit box. */
const POINT_MOVE = 0.04;
/** Straight pieces that a smooth curve has between two points. */
const PIECES = 6;

export interface GlyphSettings {
  /** The digits to draw, each equally likely; labels are places in this list. */
  readonly digits: readonly number[];
  /** Standard deviation of the pixel noise; pixels are clipped to [0, 1] after it. */
  readonly noise: number;
}

/** The next `rows` images of a stream; more rows from the same seed begin with the same ones. */
export function drawGlyphs(rows: number, settings: GlyphSettings, random: Random): Labelled {
  const features = new Float64Array(rows * PIXELS);
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = random.below(settings.digits.length);
    labels[row] = label;
    const image = features.subarray(row * PIXELS, (row + 1) * PIXELS);
    drawDigit(settings.digits[label] ?? 0, image, random);
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const noisy = image[pixel]! + settings.noise * random.normal();
      image[pixel] = Math.min(1, Math.max(0, noisy));
    }
  }
  return { rows, dimension: PIXELS, features, labels };
}

/** A row's six numbers of x' = a x + b y + e, y' = c x + d y + f. */
type Affine = readonly [number, number, number, number, number, number];

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** From the unit box to pixels, the digit's middle near the image's. */
function randomAffine(random: Random): Affine {
  const half = between(random, -0.12, 0.12); // tan of half the angle: up to 13.7 degrees
  const cosine = (1 - half * half) / (1 + half * half);
  const sine = (2 * half) / (1 + half * half);
  const shear = between(random, -0.28, 0.18);
  const width = HEIGHT * 0.75 * between(random, 0.8, 1.15);
  const height = HEIGHT * between(random, 0.85, 1.1);
  const a = cosine * width;
  const b = (cosine * shear - sine) * height;
  const c = sine * width;
  const d = (sine * shear + cosine) * height;
  const e = SIDE / 2 + between(random, -1.8, 1.8) - (a + b) / 2;
  const f = SIDE / 2 + between(random, -1.8, 1.8) - (c + d) / 2;
  return [a, b, c, d, e, f];
}

function drawDigit(digit: number, image: Float64Array, random: Random): void {
  const styles = GLYPH_STYLES[digit] ?? [];
  const style = styles[random.below(styles.length)] ?? [];
  const affine = randomAffine(random);
  const radius = between(random, 0.8, 1.7);
  const ink = between(random, 0.8, 1);
  // Until the last step `image` holds each pixel's squared distance from the nearest stroke.
  image.fill(Infinity);
  for (const stroke of style) {
    const path = pathOf(stroke, affine, random);
    for (let at = 0; at + 3 < path.length; at += 2) nearestTo(image, path, at, radius + 1);
  }
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const cover = radius + 0.5 - Math.sqrt(image[pixel]!);
    image[pixel] = ink * Math.min(1, Math.max(0, cover));
  }
}

/** A stroke's corners in pixels, x and y in turn, its points moved a little. */
function pathOf(stroke: Stroke, affine: Affine, random: Random): number[] {
  const [a, b, c, d, e, f] = affine;
  const corners: number[] = [];
  for (let at = 0; at < stroke.points.length; at += 2) {
    const x = stroke.points[at]! + POINT_MOVE * random.normal();
    const y = stroke.points[at + 1]! + POINT_MOVE * random.normal();
    corners.push(a * x + b * y + e, c * x + d * y + f);
  }
  return stroke.isSmooth ? smoothed(corners) : corners;
}

/** A Catmull-Rom spline through the points, its ends doubled. */
function smoothed(points: readonly number[]): number[] {
  const last = points.length - 2;
  const path = points.slice(0, 2);
  for (let at = 0; at < last; at += 2) {
    for (let piece = 1; piece <= PIECES; piece++) {
      for (const axis of [0, 1]) {
        const before = points[Math.max(0, at - 2) + axis]!;
        const from = points[at + axis]!;
        const to = points[at + 2 + axis]!;
        const after = points[Math.min(last, at + 4) + axis]!;
        path.push(splineAt(piece / PIECES, before, from, to, after));
      }
    }
  }
  return path;
}

function splineAt(t: number, before: number, from: number, to: number, after: number): number {
  const linear = to - before;
  const square = 2 * before - 5 * from + 4 * to - after;
  const cube = 3 * (from - to) + after - before;
  return from + (t * (linear + t * (square + t * cube))) / 2;
}

/** Lowers squared distances to those from one piece of a path, within `reach` pixels of it. */
function nearestTo(image: Float64Array, path: readonly number[], at: number, reach: number): void {
  const [x0, y0, x1, y1] = [path[at]!, path[at + 1]!, path[at + 2]!, path[at + 3]!];
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy;
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
  const right = Math.min(SIDE - 1, Math.ceil(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
  const bottom = Math.min(SIDE - 1, Math.ceil(Math.max(y0, y1) + reach));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      // Pixel centres are at half-integers.
      const [px, py] = [column + 0.5 - x0, row + 0.5 - y0];
      const along = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square));
      const [ex, ey] = [px - along * dx, py - along * dy];
      const distance = ex * ex + ey * ey;
      const pixel = row * SIDE + column;
      if (distance < image[pixel]!) image[pixel] = distance;
    }
  }
}
