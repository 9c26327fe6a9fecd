// Which of several open backends trains fastest here, by a measurement of under three seconds.
import * as tf from "@tensorflow/tfjs-core";
import type { BackendName } from "../../schema/provider.ts";
import { convolutionFilterGradient, convolutionInputGradient } from "./arithmetic.ts";
import type { BackendRemark } from "./opened.ts";

const MEASURE_MS = 800;

/** The fastest by convolutions with both gradients per second; says what it saw in `remarks`. */
export async function fastest(
  names: readonly BackendName[],
  remarks: BackendRemark[],
): Promise<BackendName | undefined> {
  let best: { name: BackendName; rate: number } | undefined;
  for (const name of names) {
    await tf.setBackend(name);
    const rate = await stepsPerSecond();
    remarks.push({ name, isOpen: true, text: `${rate.toPrecision(3)} convolution steps/s` });
    if (best === undefined || rate > best.rate) best = { name, rate };
  }
  return best?.name;
}

/** Convolutions with both gradients, on the backend that is set. */
export async function stepsPerSecond(): Promise<number> {
  const x = tf.ones<tf.Rank.R4>([64, 16, 16, 16]);
  const filter = tf.ones<tf.Rank.R4>([3, 3, 16, 16]);
  await step(x, filter); // the first one compiles
  const start = performance.now();
  let steps = 0;
  while (performance.now() - start < MEASURE_MS) {
    await step(x, filter);
    steps += 1;
  }
  const seconds = (performance.now() - start) / 1000;
  tf.dispose([x, filter]);
  return steps / seconds;
}

async function step(x: tf.Tensor4D, filter: tf.Tensor4D): Promise<void> {
  const shape = { filter: [3, 3], stride: 1, pad: "same" } as const;
  const sum = tf.tidy(() => {
    const y = tf.conv2d<tf.Tensor4D>(x, filter, 1, "same");
    const dx = convolutionInputGradient(y, filter, x.shape, shape);
    return tf.add(tf.sum(convolutionFilterGradient(x, y, shape)), tf.sum(dx));
  });
  await sum.data(); // a GPU works until it is asked
  sum.dispose();
}
