// Where a worker's GPUs are told of: status, and what Prometheus reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Presence } from "../../schema/job.ts";
import { gpuLines, gpuLoad, gpusOf } from "../../coordinator/gpu-lines.ts";
import { Metrics } from "../../coordinator/metrics.ts";
import { openStore } from "../../coordinator/store/open.ts";
import { shellWithDatabase } from "../support/fake-context.ts";

const presence: Presence = {
  worker: "w-1", host: "h", version: "0", provider: "cuda", slots: 2, memoryBytes: 4e9, running: [],
  gpus: [
    { name: "H200", memoryBytes: 140e9, usedBytes: 35e9, utilisation: 0.9 },
    { name: "H200", memoryBytes: 140e9, usedBytes: null, utilisation: null },
  ],
};

test("only GPUs of workers that are there are told of", () => {
  const row = (change: Partial<Presence>, lastSeen: number) => ({ presence: { ...presence, ...change }, lastSeen, firstSeen: 0 });
  const rows = [row({}, 1e6), row({ worker: "ended", slots: 0 }, 1e6), row({ worker: "silent" }, 0)];
  assert.deepEqual(gpusOf(rows, 1e6).map(({ worker }) => worker), ["w-1", "w-1"]);
  assert.deepEqual(gpuLines([]), []);
});

test("what a GPU does not tell is left out", () => {
  assert.deepEqual(presence.gpus.map(gpuLoad), ["90% busy, 35 GB of 140 GB", "140 GB"]);
});

test("status and the metrics of a coordinator show load and memory", async () => {
  const shell = await shellWithDatabase();
  try {
    await shell.write("small.yaml", "name: small\nexperiment: noop\naxes: { x: [1, 2] }\n");
    assert.equal((await shell.run("run", "small.yaml", "-t", "1")).code, 0);
    const store = await openStore(`${shell.cwd}/.nearclone/db`);
    try {
      await store.announce([presence]);
      const metrics = new Metrics(store);
      metrics.look([presence], 0);
      const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith("nearclone_gpu_"));
      assert.deepEqual(lines, [
        'nearclone_gpu_utilisation{worker="w-1",gpu="0"} 0.9',
        'nearclone_gpu_memory_used_bytes{worker="w-1",gpu="0"} 35000000000',
      ]);
    } finally {
      await store.close();
    }
    assert.match((await shell.run("status", "small")).stdout, /^H200 +90% busy, 35 GB of 140 GB +w-1\nH200 +140 GB +w-1$/m);
  } finally {
    await shell.remove();
  }
});
