// A study's grid as a mixed-radix number system: a point is its row-major index, never an object.
//
// The last axis varies fastest. A box is an index range per axis; a job is a box.

/** Half-open index ranges, one per axis. */
export interface Box {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

export function pointCount(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1);
}

export function boxSizes(box: Box): number[] {
  return box.from.map((from, axis) => (box.to[axis] ?? from) - from);
}

/** How far apart neighbours along each axis lie in the row-major order. */
export function strides(sizes: readonly number[]): number[] {
  const result: number[] = Array.from({ length: sizes.length }, () => 1);
  for (let axis = sizes.length - 2; axis >= 0; axis--) {
    result[axis] = (result[axis + 1] ?? 1) * (sizes[axis + 1] ?? 1);
  }
  return result;
}

/** The index on each axis of a row-major `point`. Throws RangeError outside the grid. */
export function indicesOf(point: number, sizes: readonly number[]): number[] {
  const total = pointCount(sizes);
  if (!Number.isInteger(point) || point < 0 || point >= total) {
    throw new RangeError(`point ${point} is outside a grid of ${total} points`);
  }
  return strides(sizes).map((stride, axis) => Math.floor(point / stride) % (sizes[axis] ?? 1));
}

export function pointOf(indices: readonly number[], sizes: readonly number[]): number {
  return strides(sizes).reduce((sum, stride, axis) => sum + stride * (indices[axis] ?? 0), 0);
}

/** The points of a box, in the box's own row-major order, as indices of the whole grid. */
export function pointsOfBox(box: Box, sizes: readonly number[]): Int32Array {
  const lengths = boxSizes(box);
  const steps = strides(sizes);
  const points = new Int32Array(pointCount(lengths));
  points[0] = pointOf(box.from, sizes);
  // Fill axis by axis: the block made so far is repeated with the next axis' stride added.
  let filled = points.length === 0 ? 0 : 1;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const block = filled;
    for (let repeat = 1; repeat < (lengths[axis] ?? 1); repeat++) {
      const shift = repeat * (steps[axis] ?? 1);
      for (let i = 0; i < block; i++) points[filled + i] = (points[i] ?? 0) + shift;
      filled += block;
    }
  }
  return points;
}
