// A compute thread of the determinism test: opens the provider itself and posts its hashes.
import { parentPort, workerData } from "node:worker_threads";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { hashOfWorkload } from "./workload.ts";

const { provider } = openProvider(workerData.choice, workerData.options);
const hashes = Array.from({ length: 5 }, (_, shift) => hashOfWorkload(provider, shift));
parentPort?.postMessage(hashes, []);
