// Where a trigger lies on an image, and whether it fits the data: known before any work starts.
import type { ImageShape } from "../data.ts";
import type { Trigger } from "./krr.ts";

/** Half-open pixel ranges. */
export interface Pixels {
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

export interface RowShape {
  readonly dimension: number;
  /** null where a row is not an image. */
  readonly image: ImageShape | null;
}

/** The rectangles a cross or patch covers; the two bars of a cross overlap. */
export function triggerPixels(
  trigger: Exclude<Trigger, { kind: "additive" }>,
  [height, width]: ImageShape,
): readonly Pixels[] {
  if (trigger.kind === "patch") {
    const top = trigger.row ?? height - trigger.size - 1;
    const left = trigger.column ?? width - trigger.size - 1;
    return [{ rows: [top, top + trigger.size], columns: [left, left + trigger.size] }];
  }
  const half = Math.floor(trigger.width / 2);
  const top = (trigger.row ?? Math.floor(height / 2)) - half;
  const left = (trigger.column ?? Math.floor(width / 2)) - half;
  return [
    { rows: [top, top + trigger.width], columns: [0, width] },
    { rows: [0, height], columns: [left, left + trigger.width] },
  ];
}

/** The squares of side `patch` that tile an image; a row that is no image is one pixel high. */
export function shortcutGrid(patch: number, { dimension, image }: RowShape): ImageShape {
  const [height, width, channels] = image ?? [1, dimension, 1];
  return [Math.ceil(height / patch), Math.ceil(width / patch), channels];
}

/** What is wrong with a shortcut's patches on such rows; null if each class can have its own pattern. */
export function shortcutIssue(
  patch: number,
  { classes, ...shape }: RowShape & { readonly classes: number },
): string | null {
  const [rows, columns, channels] = shortcutGrid(patch, shape);
  const values = rows * columns * channels;
  if (2 ** values >= 2 * classes) return null;
  return `patches of ${patch} pixels leave ${values} values for the patterns of ${classes} classes: expected smaller ones`;
}

/** What is wrong with a trigger on rows of this shape, in words; null if it fits. */
export function triggerIssue(trigger: Trigger, { dimension, image }: RowShape): string | null {
  if (trigger.kind === "additive") {
    const length = trigger.vector?.length ?? 0;
    if (length <= dimension) return null;
    return `expected a vector of at most ${dimension} numbers (the data's features), got ${length}`;
  }
  if (image === null) return `trigger ${trigger.kind} needs image data: use additive`;
  const [height, width] = image;
  for (const { rows, columns } of triggerPixels(trigger, image)) {
    const fits = rows[0] >= 0 && rows[1] <= height && columns[0] >= 0 && columns[1] <= width;
    if (fits) continue;
    const place = `rows ${rows[0]} to ${rows[1] - 1}, columns ${columns[0]} to ${columns[1] - 1}`;
    return `trigger ${trigger.kind} covers ${place}: expected within ${height} × ${width} pixels`;
  }
  return null;
}
