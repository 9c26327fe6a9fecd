// Float64 operators, written plainly: what every tensor backend is examined against.
//
// An array is its values and its shape, channels last, as in the backends.

export interface Plain {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

export function plain(shape: readonly number[], values: Float64Array): Plain {
  return { shape, values };
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((all, one) => all * one, 1);
}

export function filled(shape: readonly number[], value: (index: number) => number): Plain {
  return { shape, values: Float64Array.from({ length: sizeOf(shape) }, (_, index) => value(index)) };
}

function map(x: Plain, of: (value: number, index: number) => number): Plain {
  return { shape: x.shape, values: x.values.map(of) };
}

export const relu = (x: Plain): Plain => map(x, (value) => Math.max(0, value));
export const softplus = (x: Plain): Plain => map(x, (value) => Math.log1p(Math.exp(value)));
export const add = (x: Plain, y: Plain): Plain => map(x, (value, index) => value + y.values[index]!);

export function dense(x: Plain, weight: Plain, bias: Plain | null): Plain {
  const [rows = 0, inner = 0] = x.shape;
  const columns = weight.shape[1] ?? 0;
  return filled([rows, columns], (index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let sum = bias?.values[column] ?? 0;
    for (let k = 0; k < inner; k++) {
      sum += x.values[row * inner + k]! * weight.values[k * columns + column]!;
    }
    return sum;
  });
}

export function convolution(
  x: Plain,
  filter: Plain,
  bias: Plain | null,
  options: { stride: number; pad: "same" | "valid" },
): Plain {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [rows = 0, columns = 0, , outChannels = 0] = filter.shape;
  const { stride, pad } = options;
  const out = (size: number, taps: number): number =>
    pad === "same" ? Math.ceil(size / stride) : Math.floor((size - taps) / stride) + 1;
  const [outHeight, outWidth] = [out(height, rows), out(width, columns)];
  const before = (size: number, taps: number, made: number): number =>
    pad === "valid" ? 0 : Math.floor(Math.max(0, (made - 1) * stride + taps - size) / 2);
  const [top, left] = [before(height, rows, outHeight), before(width, columns, outWidth)];
  return filled([batch, outHeight, outWidth, outChannels], (index) => {
    const o = index % outChannels;
    const column = Math.floor(index / outChannels) % outWidth;
    const row = Math.floor(index / (outChannels * outWidth)) % outHeight;
    const image = Math.floor(index / (outChannels * outWidth * outHeight));
    let sum = bias?.values[o] ?? 0;
    for (let k = 0; k < rows; k++) {
      for (let l = 0; l < columns; l++) {
        const [y, z] = [row * stride + k - top, column * stride + l - left];
        if (y < 0 || y >= height || z < 0 || z >= width) continue;
        for (let i = 0; i < channels; i++) {
          sum += x.values[((image * height + y) * width + z) * channels + i]! *
            filter.values[((k * columns + l) * channels + i) * outChannels + o]!;
        }
      }
    }
    return sum;
  });
}

export interface PlainMoments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

export function momentsOf(x: Plain): PlainMoments {
  const channels = x.shape.at(-1) ?? 1;
  const count = x.values.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.values.forEach((value, index) => { mean[index % channels]! += value / count; });
  x.values.forEach((value, index) => {
    variance[index % channels]! += (value - mean[index % channels]!) ** 2 / count;
  });
  return { mean, variance };
}

export function batchNorm(x: Plain, scale: Plain, shift: Plain, moments = momentsOf(x)): Plain {
  const channels = x.shape.at(-1) ?? 1;
  return map(x, (value, index) => {
    const c = index % channels;
    const standard = (value - moments.mean[c]!) / Math.sqrt(moments.variance[c]! + 1e-5);
    return standard * scale.values[c]! + shift.values[c]!;
  });
}

export function maxPool2(x: Plain): Plain {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [rows, columns] = [Math.floor(height / 2), Math.floor(width / 2)];
  return filled([batch, rows, columns, channels], (index) => {
    const c = index % channels;
    const column = Math.floor(index / channels) % columns;
    const row = Math.floor(index / (channels * columns)) % rows;
    const image = Math.floor(index / (channels * columns * rows));
    const at = (k: number, l: number): number =>
      x.values[((image * height + 2 * row + k) * width + 2 * column + l) * channels + c]!;
    return Math.max(at(0, 0), at(0, 1), at(1, 0), at(1, 1));
  });
}

export function globalAverage(x: Plain): Plain {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const y = new Float64Array(batch * channels);
  x.values.forEach((value, index) => {
    const image = Math.floor(index / (height * width * channels));
    y[image * channels + (index % channels)]! += value / (height * width);
  });
  return plain([batch, channels], y);
}

/** Central differences of `of` with respect to every entry of `at`. */
export function gradientByDifferences(
  of: (at: Float64Array) => number,
  at: Float64Array,
  step = 1e-6,
): Float64Array {
  return at.map((value, index) => {
    const moved = at.slice();
    moved[index] = value + step;
    const above = of(moved);
    moved[index] = value - step;
    return (above - of(moved)) / (2 * step);
  });
}

export function inner(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < x.length; index++) sum += x[index]! * y[index]!;
  return sum;
}
