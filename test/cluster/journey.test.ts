// Studies on a cluster of real processes: data travels, and what a user asks for takes effect.
import assert from "node:assert/strict";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { isThere } from "../../coordinator/is-there.ts";
import { openStore } from "../../coordinator/store/open.ts";
import { type Cluster, logLines, skipWithoutCluster, startCluster, until } from "../support/cluster.ts";
import { type FakeShell, shellWithDatabase } from "../support/fake-context.ts";
import type { Program } from "../support/program.ts";

const TOKEN = "metrics-please";
const options = { skip: skipWithoutCluster };

let cluster: Cluster;
let alone: FakeShell;
let coordinator: Program;
let first: Program;
let second: Program;
let dashboard = "";

before(async () => {
  if (skipWithoutCluster !== false) return;
  alone = await shellWithDatabase();
  cluster = await startCluster();
  coordinator = cluster.coordinator("--token", TOKEN);
  [first, second] = await Promise.all([cluster.worker("first", "--grace", "0"), cluster.worker("second")]);
  dashboard = (await coordinator.says(/"url":"(http:[^"]+?)\/".*"msg":"dashboard"/))[1] ?? "";
  await Promise.all([first.says(/"ready"/), second.says(/"ready"/), coordinator.says(/"leading"/)]);
});
after(async () => {
  if (skipWithoutCluster !== false) return;
  await cluster.close();
  await alone.remove();
});

/** One job per length scale, of about a tenth of a second with 500 rows to train on. */
const slow = (name: string, jobs: number, train = 500): string => `name: ${name}
seed: ${name.length * 1_000 + name.charCodeAt(0)}
experiment: krr
data: { source: gaussian, train: ${train}, test: 50, dimension: 10, mean_norm: 2 }
attack: { kind: clones, trigger: { kind: additive, vector: [3] } }
kernel: rbf
axes: { length_scale: { log: [1, 30], steps: ${jobs} }, ridge: [0.001, 0.1], poison_count: [0, 5] }
`;
const POINTS_PER_JOB = 4;

async function submit(name: string, jobs: number, ...args: readonly string[]): Promise<void> {
  await cluster.write(`${name}.yaml`, slow(name, jobs));
  const { code, stderr } = await cluster.command("submit", `${name}.yaml`, ...args);
  assert.equal(code, 0, stderr);
}

const keyOf = async (name: string) => (await cluster.study(name)).order.key;
const complete = async (name: string): Promise<void> => {
  await coordinator.says(new RegExp(`"name":"${name}","msg":"study complete"`));
};
const attemptsOf = async (name: string) => cluster.store.attempts(await keyOf(name), { limit: 1_000 });

/** The checksum of the same study, run by one process in another database. */
async function aloneChecksum(file: string, name: string): Promise<string> {
  const { code, stderr } = await alone.run("run", file, "--provider", "portable", "--threads", "1");
  assert.equal(code, 0, stderr);
  const store = await openStore(join(alone.cwd, ".nearclone/db"));
  try {
    const study = await store.study(name);
    assert.ok(study !== null);
    return await store.checksum(study.order.key);
  } finally {
    await store.close();
  }
}

const arrays = (name: string, steps: number): string => `name: ${name}
experiment: krr
data: { source: arrays, train_features: x.csv, train_labels: y.csv, train: 60, test: 30 }
attack: { kind: clones, trigger: { kind: additive, vector: [3] } }
kernel: rbf
axes: { length_scale: { log: [0.5, 5], steps: ${steps} }, ridge: [0.001, 0.1], poison_count: [0, 5] }
`;

test("a study on files that workers cannot see gives the rows of a run beside them", options, async () => {
  const rows = Array.from({ length: 120 }, (_, row) => [row % 3 + Math.sin(row), Math.cos(row * row), row % 7]);
  const files: Record<string, string> = {
    "x.csv": rows.map((row) => `${row.join(",")}\n`).join(""),
    "y.csv": rows.map((_, row) => `${row % 3}\n`).join(""),
    "far.yaml": arrays("far", 8),
  };
  const folder = join(alone.cwd, "mine");
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const checksum = await aloneChecksum("mine/far.yaml", "far");
  const { code, stderr } = await cluster.command("submit", join(folder, "far.yaml"), "--paused");
  assert.equal(code, 0, stderr);
  await rename(folder, `${folder}-gone`);
  await cluster.command("resume", "far");
  await complete("far");
  assert.equal(await cluster.store.checksum(await keyOf("far")), checksum);

  // Another study on the same files: each worker fetched a file once at most.
  await writeFile(join(`${folder}-gone`, "again.yaml"), arrays("again", 9));
  await cluster.command("submit", join(`${folder}-gone`, "again.yaml"));
  await complete("again");
  for (const worker of [first, second]) {
    const fetched = logLines(worker).filter(({ msg }) => msg === "data file fetched").map(({ path }) => path);
    assert.equal(new Set(fetched).size, fetched.length, fetched.join());
  }
  const anywhere = [first, second].flatMap(logLines).filter(({ msg }) => msg === "data file fetched");
  assert.deepEqual(new Set(anywhere.map(({ path }) => path)), new Set(["x.csv", "y.csv"]));
});

test("a pause acts in the middle of a study, keeps what ran, and after it nothing runs twice", options, async () => {
  await submit("paused", 40);
  const key = await keyOf("paused");
  await coordinator.says(new RegExp(`"study":"${key}","job":\\d+,.*"attempt done"`));
  assert.equal((await cluster.command("pause", "paused")).code, 0);
  await coordinator.says(/"name":"paused","msg":"study released"/);
  await until("jobs in flight are stored", async () => (await cluster.store.progress(key)).jobs.queued === 0);
  const { jobs, stored } = await cluster.store.progress(key);
  assert.ok(jobs.done > 0 && jobs.planned > 0, JSON.stringify(jobs));
  assert.equal(stored, jobs.done * POINTS_PER_JOB);
  assert.ok((await attemptsOf("paused")).every(({ outcome }) => outcome.kind === "done"));

  assert.equal((await cluster.command("resume", "paused")).code, 0);
  await complete("paused");
  const numbers = (await attemptsOf("paused")).map(({ job }) => job.number);
  assert.deepEqual(numbers.sort((a, b) => a - b), Array.from({ length: 40 }, (_, number) => number));
});

test("the more urgent of two studies gets its share of the workers", options, async () => {
  await submit("urgent", 40, "--paused", "--priority", "3");
  // Far more than are done before it is cancelled.
  await submit("calm", 1_000, "--paused");
  await cluster.command("resume", "urgent");
  await cluster.command("resume", "calm");
  await complete("urgent");
  // Eight turns to one, in the order in which attempts were stored.
  const { rows } = await cluster.store.sql(`select count(*) filter (where name = 'calm') from (
    select name from attempt join study on study.id = attempt.study
    where name in ('urgent', 'calm') order by attempt.id limit 40) as first`);
  const calm = Number(rows[0]?.[0]);
  assert.ok(calm < 14, `${calm} of the first 40 attempts were the calm one's`);
  assert.equal((await cluster.command("cancel", "calm")).code, 0);
  await coordinator.says(/"name":"calm","msg":"study released"/);
});

test("metrics ask for the token, health does not, and both tell what is", options, async () => {
  const ask = (path: string, token = "") =>
    fetch(`${dashboard}${path}`, token === "" ? {} : { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask("/healthz")).status, 200);
  assert.equal(await (await ask("/readyz")).text(), "ready\n");
  assert.equal((await ask("/metrics")).status, 401);
  assert.equal((await ask("/metrics", "wrong")).status, 401);
  let text = "";
  const value = (name: string): number => Number(new RegExp(`^${name.replace(/[{}]/g, "\\$&")} (\\S+)$`, "m").exec(text)?.[1]);
  await until("metrics tell of each row that is stored", async () => {
    const stored = await Promise.all((await cluster.store.studies())
      .map(async ({ order }) => (await cluster.store.progress(order.key)).stored));
    text = await (await ask("/metrics", TOKEN)).text();
    return value('nearclone_rows_total{outcome="stored"}') === stored.reduce((sum, rows) => sum + rows, 0);
  });
  assert.equal(value('nearclone_rows_total{outcome="conflict"}'), 0);
  assert.equal(value("nearclone_leader"), 1);
  assert.equal(value("nearclone_workers"), 2);
});

test("each line of a log is JSON, and an attempt names study, job, attempt and worker", options, async () => {
  for (const program of [coordinator, first, second]) {
    const lines = program.stderr().split("\n").filter((line) => line !== "" && !line.startsWith("dashboard "));
    assert.equal(logLines(program).length, lines.length, program.stderr());
    const attempts = logLines(program).filter(({ msg }) => msg === "attempt done");
    assert.ok(attempts.length > 0);
    for (const { study, job, attempt, worker } of attempts) {
      assert.match(String(study), /^st_[0-9a-f]{16}$/);
      assert.equal(typeof job, "number");
      assert.match(String(attempt), /^\d{13}\/1$/);
      assert.match(String(worker), /^first$|^second$/);
    }
  }
});

test("a worker that is told to end hands on what it runs, and that costs no attempt", options, async () => {
  // Jobs of more than a second, so that one runs when the signal comes.
  await cluster.write("drained.yaml", slow("drained", 5, 2_000));
  assert.equal((await cluster.command("submit", "drained.yaml")).code, 0);
  const key = await keyOf("drained");
  await until("the worker runs a job of it", async () => (await cluster.store.workers())
    .some(({ presence }) => presence.worker === "first" && presence.running.some(({ study }) => study === key)));
  first.signal("SIGTERM");
  assert.equal((await first.ended).code, 0);
  await coordinator.says(/"worker":"first".*"msg":"worker left"/);
  await until("the table of workers knows", async () => {
    const row = (await cluster.store.workers()).find(({ presence }) => presence.worker === "first");
    return row !== undefined && !isThere(row, Date.now());
  });
  await complete("drained");
  const attempts = await attemptsOf("drained");
  assert.deepEqual(new Set(attempts.map(({ outcome }) => outcome.kind)), new Set(["done", "interrupted"]));
  assert.equal(attempts.filter(({ outcome }) => outcome.kind === "done").length, 5);
  const jobs = await cluster.store.jobs(key, { limit: 100 });
  assert.deepEqual(jobs.map((job) => job.attempts), jobs.map(() => 0));
});

test("a killed worker's job runs elsewhere and ends with the rows of a calm run", options, async () => {
  await submit("bereaved", 24);
  const key = await keyOf("bereaved");
  await second.says(new RegExp(`"study":"${key}".*"attempt done"`));
  second.signal("SIGKILL");
  await coordinator.says(/"msg":"worker lost"/);
  await cluster.worker("third");
  await complete("bereaved");
  const failures = (await attemptsOf("bereaved")).flatMap(({ outcome }) => outcome.kind === "failed" ? [outcome.failure.code] : []);
  assert.ok(failures.length <= 1 && failures.every((code) => code === "worker_lost"), failures.join());
  await alone.write("bereaved.yaml", slow("bereaved", 24));
  assert.equal(await cluster.store.checksum(key), await aloneChecksum("bereaved.yaml", "bereaved"));
});
