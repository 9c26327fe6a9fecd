// A worker in small: holds a compute process that runs a job which never ends, until it is killed.
import { openProcessPool } from "../../worker/process-pool.ts";
import { noopOrder } from "./orders.ts";

const pool = await openProcessPool({
  threads: 1, provider: "auto", blasPath: null, cacheBytes: 0, onLine: () => undefined,
  entry: new URL("frail-process.js", import.meta.url),
});
void pool.measure(noopOrder({ points: 1, perJob: 1 }), 100);
