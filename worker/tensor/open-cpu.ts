// tfjs in plain JavaScript: always there and slow; an oracle and a measure for the others.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { firstLine, type Opened } from "./opened.ts";

export async function openCpu(): Promise<Opened> {
  try {
    await tf.setBackend("cpu");
    return { ok: true, device: "plain JavaScript", isReproducible: true };
  } catch (error) {
    return { ok: false, why: firstLine(error) };
  }
}
