// Kernels that tfjs wasm lacks or has slow, registered as compositions of its fast ones.
//
// Invariant: registering twice changes nothing. tfjs keeps one kernel registry for a thread.
import * as tf from "@tensorflow/tfjs-core";
import { filterGradient, inputGradient } from "./convolution-gradients.ts";
import type { ConvolutionShape } from "./convolution-shape.ts";
import { rank4 } from "./ranks.ts";

let isRegistered = false;

/** Gives the wasm backend both gradients of a convolution. */
export function registerWasmKernels(): void {
  if (isRegistered) return;
  isRegistered = true;
  tf.registerKernel({
    kernelName: "Conv2DBackpropFilter",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const [rows, columns] = numbersOf(attrs, "filterShape");
      const shape = shapeOf(attrs, [rows ?? 1, columns ?? 1]);
      return filterGradient(tensorOf(inputs["x"]), tensorOf(inputs["dy"]), shape);
    },
  });
  tf.unregisterKernel("Conv2DBackpropInput", "wasm");
  tf.registerKernel({
    kernelName: "Conv2DBackpropInput",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const filter = tensorOf(inputs["filter"]);
      const [, height, width] = numbersOf(attrs, "inputShape");
      const shape = shapeOf(attrs, [filter.shape[0], filter.shape[1]]);
      return inputGradient(tensorOf(inputs["dy"]), filter, [height ?? 1, width ?? 1], shape);
    },
  });
}

function tensorOf(info: unknown): tf.Tensor4D {
  if (!(info instanceof tf.Tensor)) throw new TypeError("convolution gradient: expected a tensor");
  return rank4(info);
}

function shapeOf(attrs: object | undefined, filter: readonly [number, number]): ConvolutionShape {
  const { strides, pad, dataFormat }: Record<string, unknown> = { ...attrs };
  const both = Array.isArray(strides) ? strides : [strides, strides];
  const [stride] = both;
  if (typeof stride !== "number" || both[1] !== stride) {
    throw new TypeError(`convolution gradient: expected one stride for both axes, got ${String(strides)}`);
  }
  if (pad !== "same" && pad !== "valid") {
    throw new TypeError(`convolution gradient: expected pad same or valid, got ${String(pad)}`);
  }
  if (dataFormat !== undefined && dataFormat !== "NHWC") {
    throw new TypeError(`convolution gradient: expected NHWC, got ${JSON.stringify(dataFormat)}`);
  }
  return { filter, stride, pad };
}

function numbersOf(attrs: object | undefined, name: string): readonly number[] {
  const { [name]: value }: Record<string, unknown> = { ...attrs };
  if (!Array.isArray(value)) throw new TypeError(`convolution gradient: no ${name}`);
  return value.map(Number);
}
