// Tries every tensor backend here: does it open, and how fast does it train.
import * as tf from "@tensorflow/tfjs-core";
import type { BackendName } from "../../schema/provider.ts";
import { CANDIDATES, describeBackend } from "./backend.ts";
import { stepsPerSecond } from "./measure.ts";

export type ProbedBackend =
  | {
      readonly name: BackendName;
      readonly opened: true;
      readonly device: string;
      /** Convolutions of 64 × 16 × 16 × 16 with both gradients, one after the other. */
      readonly stepsPerSecond: number;
    }
  | { readonly name: BackendName; readonly opened: false; readonly why: string };

/** Those that `auto` tries, in its order. */
export async function probeBackends(): Promise<readonly ProbedBackend[]> {
  tf.enableProdMode(); // no advice on the console
  const probed: ProbedBackend[] = [];
  for (const name of CANDIDATES) {
    const opened = await describeBackend(name);
    if (!opened.ok) {
      probed.push({ name, opened: false, why: opened.why });
      continue;
    }
    await tf.setBackend(name);
    probed.push({ name, opened: true, device: opened.device, stepsPerSecond: await stepsPerSecond() });
  }
  return probed;
}
