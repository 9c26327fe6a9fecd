// A thread that draws once from the pool it was given and posts what it drew.
import { parentPort, workerData } from "node:worker_threads";
import { poolOf, type SharedPool } from "../../data/pool.ts";

const given: { shared: SharedPool; seed: number } = workerData;
const draw = poolOf(given.shared).draw({ train: 20, test: 10, bases: 5 }, given.seed);
parentPort?.postMessage(draw, []);
