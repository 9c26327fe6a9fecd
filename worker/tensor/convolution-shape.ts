// What a square-stride convolution is: its filter's size, its stride, and the pads that follow.

export interface ConvolutionShape {
  /** Height and width of the filter. */
  readonly filter: readonly [number, number];
  readonly stride: number;
  /** "same": the output has ⌈size / stride⌉ pixels; "valid": no pads. */
  readonly pad: "same" | "valid";
}

/** Zero pixels before and after. */
export type Pads = [number, number];

/** The pads of "same" as TensorFlow has them: the odd one comes last. */
export function explicitPads(
  size: readonly [number, number],
  shape: ConvolutionShape,
): { rows: Pads; columns: Pads } {
  const of = (length: number, taps: number): Pads => {
    if (shape.pad === "valid") return [0, 0];
    const out = Math.ceil(length / shape.stride);
    const all = Math.max(0, (out - 1) * shape.stride + taps - length);
    return [Math.floor(all / 2), all - Math.floor(all / 2)];
  };
  return { rows: of(size[0], shape.filter[0]), columns: of(size[1], shape.filter[1]) };
}
