// tfjs on TensorFlow's C library: @tensorflow/tfjs-node-gpu (CUDA), else @tensorflow/tfjs-node.
//
// Optional peers, since they download 200 to 400 MB when installed. Limits of tfjs-node 4.22: Node
// below 23. Each thread has its own instance, but all of a process share its GPUs and their memory:
// run one worker process per GPU, each with its own CUDA_VISIBLE_DEVICES and one compute thread.
import * as tf from "@tensorflow/tfjs-core";
import { firstLine, type Opened, optionalPackage } from "./opened.ts";

const PACKAGES = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const;

const HOW_TO_GET = "npm i @tensorflow/tfjs-node-gpu (CUDA) or @tensorflow/tfjs-node (processor); " +
  "where its download is out of reach: scripts/build-tfjs-node.sh";

export async function openTensorflow(): Promise<Opened> {
  const reasons: string[] = [];
  for (const name of PACKAGES) {
    const loaded = await optionalPackage(name);
    if (loaded === undefined) reasons.push(`${name} is not installed`);
    else if (loaded instanceof Error) reasons.push(`${name} does not load: ${firstLine(loaded)}`);
    else return opened(name);
  }
  return { ok: false, why: `${reasons.join(", ")}: ${HOW_TO_GET}` };
}

async function opened(name: string): Promise<Opened> {
  try {
    if (!(await tf.setBackend("tensorflow"))) return { ok: false, why: `${name}: not initialised` };
  } catch (error) {
    return { ok: false, why: `${name}: ${firstLine(error)}` };
  }
  const backend: object = tf.backend();
  const onGpu = "isUsingGpuDevice" in backend && backend.isUsingGpuDevice === true;
  const device = onGpu ? "GPU, by CUDA" : "processor, by oneDNN";
  return { ok: true, device, isReproducible: false };
}
