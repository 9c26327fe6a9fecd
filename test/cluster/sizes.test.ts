// Real processes: a job that does not fit a worker waits for one that it fits, and burns no attempt.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { type Cluster, skipWithoutCluster, startCluster, until } from "../support/cluster.ts";
import type { Program } from "../support/program.ts";

const TOKEN = "metrics-please";
let cluster: Cluster;
let coordinator: Program;
let dashboard = "";

before(async () => {
  if (skipWithoutCluster !== false) return;
  cluster = await startCluster();
  coordinator = cluster.coordinator("--token", TOKEN);
  dashboard = (await coordinator.says(/"url":"(http:[^"]+?)\/".*"msg":"dashboard"/))[1] ?? "";
});
after(async () => {
  if (skipWithoutCluster === false) await cluster.close();
});

/** Small matrices and many test rows: quick for the gibibyte and more that its one job takes. */
const WIDE = `name: wide
experiment: krr
data: { source: gaussian, train: 20, test: 60000, dimension: 2, mean_norm: 2 }
attack: { kind: clones, trigger: { kind: additive, vector: [3] } }
kernel: rbf
axes: { length_scale: [1], ridge: { log: [1e-4, 1], steps: 426 }, poison_count: [5] }
`;
const NARROW = `name: narrow
experiment: noop
job_points: 1
axes: { x: { linear: [0, 199], steps: 200 } }
`;

async function submit(name: string, text: string): Promise<void> {
  await cluster.write(`${name}.yaml`, text);
  const { code, stderr } = await cluster.command("submit", `${name}.yaml`);
  assert.equal(code, 0, stderr);
}

async function unreached(): Promise<string | undefined> {
  const answer = await fetch(`${dashboard}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return /^nearclone_study_unreached\{study="wide"\} (\d)$/m.exec(await answer.text())?.[1];
}

test("a job too large for the worker that is there waits for a larger one, and nothing else does",
  { skip: skipWithoutCluster }, async () => {
    await submit("wide", WIDE);
    await submit("narrow", NARROW);
    const small = await cluster.worker("small", "--memory", "1");
    await small.says(/"ready"/);
    await coordinator.says(/"name":"narrow","msg":"study complete"/);
    const said = await coordinator.says(/"why":"(a job needs [^"]+)","msg":"no worker large enough"/);
    assert.match(said[1] ?? "", /^a job needs a worker with 1\.\d+ GiB for it, or \d\S* GiB and a GPU with \d\S* GiB$/);
    const { key } = (await cluster.study("wide")).order;
    assert.deepEqual((await cluster.store.progress(key)).jobs, { planned: 1, queued: 0, done: 0, dead: 0 });
    assert.match((await cluster.command("status", "wide")).stdout, /^waits +a job needs a worker with 1\.\d+ GiB/m);
    assert.match((await cluster.command("status")).stdout, /wide .*active, waits for a larger worker/);
    assert.equal(await unreached(), "1");

    const large = await cluster.worker("large", "--memory", "4");
    await large.says(/"ready"/);
    await coordinator.says(/"name":"wide","msg":"worker large enough"/);
    await until("metrics tell that it is reached", async () => (await unreached()) !== "1");
    await coordinator.says(/"name":"wide","msg":"study complete"/);
    const attempts = await cluster.store.attempts(key, { limit: 10 });
    assert.deepEqual(attempts.map(({ worker, outcome }) => [worker, outcome.kind]), [["large", "done"]]);
    assert.doesNotMatch((await cluster.command("status", "wide")).stdout, /^waits/m);
    assert.equal((await cluster.store.progress(key)).stored, 426);
  });

test("a study is planned by what its workers' GPUs measured, wherever it is submitted", { skip: skipWithoutCluster }, async () => {
  const gpu = (ridges: number) => ({ name: "g", memoryBytes: 8e9, usedBytes: null, utilisation: null, breakEven: [{ order: 500, ridges }] });
  const presence = { host: "h", version: "0", provider: "cuda", slots: 3, memoryBytes: 4e9, running: [] };
  await cluster.store.announce([{ ...presence, worker: "gpus", gpus: [gpu(3), gpu(3), gpu(9)] }]);
  const study = (name: string): string => `name: ${name}
experiment: krr
data: { source: gaussian, train: 20, test: 6, dimension: 2, mean_norm: 2 }
attack: { kind: clones, trigger: { kind: additive, vector: [3] } }
kernel: rbf
axes: { length_scale: [1], ridge: [0.1, 0.2, ${name === "many" ? 0.3 : ""}], poison_count: [5] }
`;
  for (const [name, route] of [["many", "syevd"], ["few", "potrf"]] as const) {
    await submit(name, study(name).replace(", ]", "]"));
    assert.equal((await cluster.study(name)).order.plan.deviceRoute, route);
  }
});
