// A thread that watches the GPU while another computes: the mean share of time that it was busy.
import { parentPort, workerData } from "node:worker_threads";
import { openGpuMonitor } from "../../worker/linalg/cuda/gpus.ts";

const EVERY_MS = 200;
const { monitor, why } = openGpuMonitor(workerData);
let [sum, count, most] = [0, 0, 0];
const timer = setInterval(() => {
  const [load] = monitor?.loads() ?? [];
  if (load === undefined) return;
  sum += load.utilisation ?? 0;
  most = Math.max(most, load.usedBytes ?? 0);
  count++;
}, EVERY_MS);
parentPort?.once("message", () => {
  clearInterval(timer);
  monitor?.close();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
  parentPort?.postMessage({ busy: count === 0 ? null : sum / count, samples: count, memoryUsedBytes: most, why });
});
