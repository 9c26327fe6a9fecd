// Networks: what they are made of, before any number is drawn.
//
// A network is a body that ends in features and a dense head on them. All models, from softmax
// regression to a deep residual network, are built from the same layers and trained by the same
// code.
import type { ImageShape } from "../../../schema/data.ts";
import { UserError } from "../../../schema/failure.ts";
import { relu, softplus } from "../../tensor/layers/activation.ts";
import { batchNorm } from "../../tensor/layers/batch-norm.ts";
import { identity, residual, sequence } from "../../tensor/layers/compose.ts";
import { convolution } from "../../tensor/layers/convolution.ts";
import { dense } from "../../tensor/layers/dense.ts";
import type { Layer } from "../../tensor/layers/layer.ts";
import { flatten, globalAverage, maxPool2 } from "../../tensor/layers/pool.ts";

/** How a weight array starts. */
export type Fill =
  /** N(0, deviation²). */
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "constant"; readonly value: number };

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly fill: Fill;
}

export interface Network {
  /** From images to features: (batch, features). */
  readonly body: Layer;
  /** From features to one score for each class. */
  readonly head: Layer;
  readonly layer: Layer;
  readonly weights: readonly WeightSpec[];
  /** Channels of each batch norm, by moment slot. */
  readonly norms: readonly number[];
  /** Whether each score is a piecewise linear function of the input once batch norm is fixed. */
  readonly isPiecewiseLinear: boolean;
}

export type Activation = "relu" | "softplus";

export type ModelSpec =
  | { readonly name: "linear"; readonly bias: boolean }
  | { readonly name: "small"; readonly activation: Activation }
  | { readonly name: "preresnet"; readonly depth: number };

/** The number of trained parameters. */
export function parameterCount({ weights }: Network): number {
  return weights.reduce((all, { shape }) => all + shape.reduce((product, one) => product * one, 1), 0);
}

/**
 * The network of a model for images of a shape.
 *
 * @throws UserError for a depth that is not 6k + 2, or an image that is too small.
 */
export function buildNetwork(model: ModelSpec, image: ImageShape, classes: number): Network {
  const builder = new Builder();
  const { body, head } = partsOf(model, builder, image, classes);
  return {
    body,
    head,
    layer: sequence(body, head),
    weights: builder.weights,
    norms: builder.norms,
    isPiecewiseLinear: model.name !== "small" || model.activation === "relu",
  };
}

interface Parts {
  readonly body: Layer;
  readonly head: Layer;
}

function partsOf(model: ModelSpec, builder: Builder, image: ImageShape, classes: number): Parts {
  const [height, width, channels] = image;
  switch (model.name) {
    case "linear": {
      const features = height * width * channels;
      return { body: flatten, head: builder.dense("head", [features, classes], model.bias) };
    }
    case "small":
      return smallParts(builder, image, classes, model.activation === "relu" ? relu : softplus);
    case "preresnet":
      return residualParts(builder, image, classes, model.depth);
  }
}

/** Two convolutions with pooling, one hidden dense layer. */
function smallParts(builder: Builder, image: ImageShape, classes: number, bend: Layer): Parts {
  const [height, width, channels] = image;
  if (height < 4 || width < 4) {
    throw new UserError(`model small: expected images of at least 4 × 4 pixels, got ${height} × ${width}`);
  }
  const features = Math.floor(height / 4) * Math.floor(width / 4) * 32;
  const body = sequence(
    // Bent after pooling: the same values as before it (a bend is monotonous), a quarter of them.
    builder.convolution("conv1", [3, 3, channels, 16], { bias: true }), maxPool2, bend,
    builder.convolution("conv2", [3, 3, 16, 32], { bias: true }), maxPool2, bend,
    flatten, builder.dense("hidden", [features, 64], true), bend,
  );
  return { body, head: builder.dense("head", [64, classes], true) };
}

const WIDTHS = [16, 32, 64] as const;

/**
 * Pre-activation ResNet for small images (He et al., Identity Mappings in Deep Residual Networks,
 * 2016): a 3 × 3 convolution, three stages of k blocks with 16, 32 and 64 channels, batch norm,
 * ReLU, mean over pixels, dense head. A block is norm, ReLU, convolution, norm, ReLU, convolution.
 * The two blocks that halve the image take their shortcut from the first ReLU, through a 1 × 1
 * convolution of stride 2.
 */
function residualParts(builder: Builder, image: ImageShape, classes: number, depth: number): Parts {
  const [height, width, channels] = image;
  const blocks = (depth - 2) / 6;
  if (!Number.isInteger(blocks) || blocks < 1) {
    const below = Math.max(8, 6 * Math.floor((depth - 2) / 6) + 2);
    throw new UserError(`model preresnet: depth ${depth}: expected 6k + 2, such as ${below} or ${below + 6}`);
  }
  if (height < 4 || width < 4) {
    throw new UserError(`model preresnet: expected images of at least 4 × 4 pixels, got ${height} × ${width}`);
  }
  const layers: Layer[] = [builder.convolution("stem", [3, 3, channels, WIDTHS[0]])];
  let before: number = WIDTHS[0];
  WIDTHS.forEach((wide, stage) => {
    for (let block = 0; block < blocks; block++) {
      const name = `stage${stage + 1}.block${block + 1}`;
      layers.push(residualBlock(builder, name, before, wide));
      before = wide;
    }
  });
  const body = sequence(...layers, builder.norm("last", before), relu, globalAverage);
  return { body, head: builder.dense("head", [before, classes], true) };
}

function residualBlock(builder: Builder, name: string, before: number, wide: number): Layer {
  const start = sequence(builder.norm(`${name}.norm1`, before), relu);
  const stride = before === wide ? 1 : 2;
  const branch = sequence(
    builder.convolution(`${name}.conv1`, [3, 3, before, wide], { stride }),
    builder.norm(`${name}.norm2`, wide), relu,
    builder.convolution(`${name}.conv2`, [3, 3, wide, wide]),
  );
  if (before === wide) return residual(sequence(start, branch), identity);
  const shortcut = builder.convolution(`${name}.shortcut`, [1, 1, before, wide], { stride });
  return sequence(start, residual(branch, shortcut));
}

/** Hands out weight and moment slots, in order, as layers are made. */
class Builder {
  readonly weights: WeightSpec[] = [];
  readonly norms: number[] = [];

  #slot(name: string, shape: readonly number[], fill: Fill): number {
    return this.weights.push({ name, shape, fill }) - 1;
  }

  /** He's normal initialisation: deviation √(2 / fan in). */
  convolution(
    name: string,
    shape: readonly [number, number, number, number],
    options: { bias?: boolean; stride?: number } = {},
  ): Layer {
    const [rows, columns, before, after] = shape;
    const deviation = Math.sqrt(2 / (rows * columns * before));
    const filter = this.#slot(`${name}.filter`, shape, { kind: "normal", deviation });
    const bias = options.bias === true ? this.#slot(`${name}.bias`, [after], zero) : null;
    const { stride = 1 } = options;
    return convolution({ filter, bias }, { filter: [rows, columns], stride, pad: "same" });
  }

  /** Deviation √(1 / fan in). */
  dense(name: string, shape: readonly [number, number], hasBias: boolean): Layer {
    const deviation = Math.sqrt(1 / shape[0]);
    const weight = this.#slot(`${name}.weight`, shape, { kind: "normal", deviation });
    return dense({ weight, bias: hasBias ? this.#slot(`${name}.bias`, [shape[1]], zero) : null });
  }

  norm(name: string, channels: number): Layer {
    const scale = this.#slot(`${name}.scale`, [channels], { kind: "constant", value: 1 });
    const shift = this.#slot(`${name}.shift`, [channels], zero);
    return batchNorm({ scale, shift, moments: this.norms.push(channels) - 1 });
  }
}

const zero: Fill = { kind: "constant", value: 0 };
