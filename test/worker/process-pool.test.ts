// Compute in a process of its own: what crashes it, whom that costs an attempt, and what crosses.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { planStudy } from "../../coordinator/plan.ts";
import { openData } from "../../data/source.ts";
import { realClock } from "../../queue/clock.ts";
import { memoryQueue } from "../../queue/memory.ts";
import type { ResultBlock } from "../../schema/column.ts";
import { UserError } from "../../schema/failure.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { parseStudy } from "../../schema/study.ts";
import { poolOf } from "../../worker/composite-pool.ts";
import type { Environment } from "../../worker/compute-child.ts";
import { type ComputePool, openPool } from "../../worker/pool.ts";
import { openProcessPool, type ProcessPool } from "../../worker/process-pool.ts";
import { startWorker } from "../../worker/root.ts";
import type { Answer, Measured } from "../../worker/task.ts";
import { hardBlock } from "../support/frail-process.ts";
import { noopOrder, orderOf } from "../support/orders.ts";

const folder = mkdtempSync(join(tmpdir(), "nearclone-process-pool-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const order = noopOrder({ points: 1, perJob: 1 });
const settings = { provider: "portable", blasPath: null, cacheBytes: 1e8 } as const;
const frail = new URL("../support/frail-process.js", import.meta.url);

interface FrailPool extends ProcessPool {
  readonly lines: string[];
  /** Numbers of the jobs that were begun, in order. */
  runs(): number[];
}

let pools = 0;

async function openFrail(
  t: TestContext,
  { threads = 1, environment = {} }: { threads?: number; environment?: Record<string, string> } = {},
): Promise<FrailPool> {
  const lines: string[] = [];
  pools += 1;
  const [RUNS, CRASHED] = [join(folder, `runs-${pools}`), join(folder, `crashed-${pools}`)];
  const pool = await openProcessPool({
    ...settings, threads, entry: frail, environment: { RUNS, CRASHED, ...environment },
    onLine: (line) => lines.push(line),
  });
  t.after(() => pool.close());
  const runs = (): number[] => readFileSync(RUNS, "utf8").trim().split("\n").map(Number);
  return Object.assign(pool, { lines, runs });
}

/** The message of a failure with code `process_lost`. */
function lossOf(answer: Answer<Measured>): string {
  assert.ok(!answer.ok, "measured, though its process should have died");
  const { kind, code, message } = answer.failure;
  assert.deepEqual([kind, code], ["infrastructure", "process_lost"], message);
  return message;
}

test("of jobs that ran together when their process died only the guilty one fails", async (t) => {
  const pool = await openFrail(t, { threads: 4 });
  const answers = await Promise.all([100, 101, 11, 102].map((n) => pool.measure(order, n)));
  assert.deepEqual(answers.map(({ ok }) => ok), [true, true, false, true]);
  assert.match(lossOf(answers[2]!), /SIGSEGV.* alone \(portable\)/);
  // 102 may not have begun before the crash; all that ran then run once more, in the same order.
  const runs = pool.runs();
  assert.deepEqual(runs.slice(0, 3), [100, 101, 11]);
  assert.deepEqual(runs.slice(-4), [100, 101, 11, 102]);
  assert.match(pool.lines.join("\n"), /SIGSEGV with jobs 100, 101, 11, 102: each runs again alone/);
});

test("while a suspect runs alone no other job does", async (t) => {
  const pool = await openFrail(t, { threads: 2 });
  const first = [pool.measure(order, 100), pool.measure(order, 6), pool.measure(order, 201)];
  const [hung, guilty, late] = await Promise.all(first);
  assert.deepEqual([hung?.ok, guilty?.ok, late?.ok], [true, false, true]);
  assert.deepEqual(pool.runs(), [100, 6, 100, 6, 201]);
});

test("a job that kills its process fails whenever it is tried, its neighbours never", async (t) => {
  const pool = await openFrail(t, { threads: 2 });
  const attempts = [[9, /SIGKILL .*memory/], [11, /SIGSEGV/], [6, /SIGABRT/]] as const;
  for (const [number, signal] of attempts) {
    const [guilty, other] = await Promise.all([pool.measure(order, number), pool.measure(order, 201)]);
    assert.match(lossOf(guilty), signal);
    assert.ok(other.ok);
  }
});

test("a job is not blamed for a process that died before the job began", async (t) => {
  const pool = await openFrail(t);
  process.kill(pool.pid ?? 0, "SIGKILL"); // nobody has told the pool when the job is sent
  assert.ok((await pool.measure(order, 201)).ok);
  assert.deepEqual(pool.runs(), [201]);
});

/** The process that a job failed in. */
async function failedIn(pool: FrailPool, number: 400 | 401): Promise<string> {
  const answer = await pool.measure(order, number);
  assert.ok(!answer.ok);
  return answer.failure.message;
}

test("after its device failed a process gets no more jobs, after it was full it does", async (t) => {
  const pool = await openFrail(t);
  const full = await failedIn(pool, 401);
  assert.equal(await failedIn(pool, 401), full);
  const broken = await failedIn(pool, 400);
  assert.equal(broken, full);
  const next = await failedIn(pool, 401);
  assert.notEqual(next, broken);
  assert.equal(await failedIn(pool, 401), next);
  assert.deepEqual(pool.lines, ["compute process ended after its device failed while it was idle"]);
});

test("a device that fails in seven processes in a row breaks the pool", async (t) => {
  const pool = await openFrail(t);
  const seen = new Set<string>();
  for (let loss = 0; loss < 7; loss++) seen.add(await failedIn(pool, 400));
  assert.equal(seen.size, 7);
  assert.match((await pool.broken).message, /^compute process ended after its device failed, the 7th in a row without a finished job$/);
});

test("after seven processes without a finished job the pool is broken and says so", async (t) => {
  const pool = await openFrail(t);
  const answers: Answer<Measured>[] = [];
  for (let i = 0; i < 7; i++) answers.push(await pool.measure(order, 11));
  const { message } = await pool.broken;
  assert.match(message, /SIGSEGV, the 7th in a row without a finished job/);
  for (const answer of answers) lossOf(answer);
  assert.match(lossOf(await pool.measure(order, 201)), /7th in a row/);
  assert.deepEqual(pool.runs(), Array.from({ length: 7 }, () => 11));
});

test("a finished job starts the count of losses anew", async (t) => {
  const pool = await openFrail(t);
  for (const number of [11, 11, 11, 201, 11, 11, 11, 11, 201]) await pool.measure(order, number);
  assert.ok((await pool.measure(order, 201)).ok);
});

test("closing, even twice at once, settles what runs and what waits", async (t) => {
  const pool = await openFrail(t);
  const measuring = [pool.measure(order, 100), pool.measure(order, 201)];
  await Promise.all([pool.close(), pool.close()]);
  for (const answer of await Promise.all(measuring)) lossOf(answer);
});

test("a terminal's signals to the whole group leave the process to the worker", async (t) => {
  const pool = await openFrail(t);
  const { pid } = pool;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(pid ?? 0, signal);
  assert.ok((await pool.measure(order, 201)).ok);
  assert.equal(pool.pid, pid);
});

test("the process gets its environment, and its lines arrive one by one", async (t) => {
  const pool = await openFrail(t, { environment: { WORD: "three" } });
  assert.ok((await pool.measure(order, 200)).ok);
  await pool.close();
  assert.deepEqual(pool.lines.filter((line) => /^\w+$/.test(line)).sort(), ["one", "three", "two"]);
});

test("a process whose worker is killed dies too, though its job runs on", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const connected: Promise<[Socket]> = once(server, "connection").then(([socket]) => [socket]);
  const environment = { RUNS: join(folder, "orphan"), TELL_PORT: String(address.port) };
  const script = fileURLToPath(new URL("../support/pool-parent.js", import.meta.url));
  const parent = spawn(process.execPath, [script], {
    env: { ...process.env, ...environment },
    stdio: "ignore",
  });
  const [life] = await connected;
  const ended = once(life.resume(), "close");
  parent.kill("SIGKILL");
  await ended;
  server.close();
});

/** Every bit of a block, as text. */
function bitsOf({ status, metrics, series = {} }: ResultBlock): object {
  const hex = (column: Uint8Array | Int32Array | Float64Array): string =>
    Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString("hex");
  const all = (columns: Readonly<Record<string, Float64Array>>): [string, string][] =>
    Object.entries(columns).map(([name, column]) => [name, hex(column)]);
  return {
    status: hex(status),
    metrics: all(metrics),
    series: Object.entries(series).map(([name, { point, columns }]) => [name, hex(point), all(columns)]),
  };
}

test("columns and series cross bit for bit", async (t) => {
  const pool = await openFrail(t);
  const answer = await pool.measure(order, 300);
  assert.ok(answer.ok);
  assert.deepEqual(bitsOf(answer.value.block), bitsOf(hardBlock()));
  assert.ok(answer.value.block.series?.["noop_curve"]?.point instanceof Int32Array);
});

async function krrOrder(): Promise<StudyOrder> {
  const parsed = parseStudy({
    name: "isolated", experiment: "krr", kernel: "rbf",
    data: { source: "glyphs", train: 80, test: 20 },
    attack: { kind: "clones", trigger: { kind: "cross" } },
    axes: { length_scale: { log: [1, 30], steps: 4 }, ridge: [1e-6, 1e-2], poison_count: [0, 5] },
  });
  assert.ok(parsed.ok);
  assert.ok(parsed.spec.experiment === "krr");
  const { description } = await openData(parsed.spec.data, folder);
  return orderOf(parsed.spec, planStudy(parsed.spec), description);
}

async function measureAll(pool: ComputePool, study: StudyOrder): Promise<object[]> {
  const numbers = Array.from({ length: study.plan.jobs }, (_, number) => number);
  const answers = await Promise.all(numbers.map((number) => pool.measure(study, number)));
  return answers.map((answer) => {
    assert.ok(answer.ok, JSON.stringify(answer));
    return bitsOf(answer.value.block);
  });
}

test("results are those of threads in this process, also when the process is killed", async (t) => {
  const inside = await openPool({ ...settings, threads: 1 });
  t.after(() => inside.close());
  const lines: string[] = [];
  const apart = await openProcessPool({ ...settings, threads: 2, onLine: (line) => lines.push(line) });
  t.after(() => apart.close());
  const noop = noopOrder({ points: 5000, perJob: 50 });
  assert.deepEqual(await measureAll(apart, noop), await measureAll(inside, noop));
  const krr = await krrOrder();
  const expected = await measureAll(inside, krr);
  const measuring = measureAll(apart, krr);
  process.kill(apart.pid ?? 0, "SIGKILL");
  assert.deepEqual(await measuring, expected);
  assert.match(lines.join("\n"), /SIGKILL/);
});

test("a process that ends before it is ready is refused in one line", async () => {
  const entry = new URL("none.js", frail);
  const opening = openProcessPool({ ...settings, threads: 1, onLine: () => undefined, entry });
  await assert.rejects(opening, (error) =>
    error instanceof UserError && error.message.endsWith("by exit code 1 before it was ready"));
});

test("a provider that is not there is refused as threads in this process refuse it", async () => {
  const options = { ...settings, provider: "openblas", blasPath: "/none.so", threads: 1 } as const;
  const messageOf = async (opening: Promise<ComputePool>): Promise<string> => {
    try {
      await (await opening).close();
      return "opened";
    } catch (error) {
      assert.ok(error instanceof UserError);
      return error.message;
    }
  };
  const opening = openProcessPool({ ...options, onLine: () => undefined });
  assert.equal(await messageOf(opening), await messageOf(openPool(options)));
});

test("a pool of pools gives each job to the one with the most free threads", async () => {
  const given: string[] = [];
  const finish: (() => void)[] = [];
  const part = (name: string, threads: number): ComputePool => ({
    threads,
    hello: { provider: "portable", detail: name, rejected: [] },
    measure: async () => {
      given.push(name);
      await new Promise<void>((resolve) => finish.push(resolve));
      return { ok: false, failure: { kind: "bug", code: name, message: "" } };
    },
    close: async () => void given.push(`${name} closed`),
  });
  const pool = poolOf([part("a", 1), part("b", 2)]);
  assert.equal(pool.threads, 3);
  const running = [1, 2, 3].map((number) => pool.measure(order, number));
  assert.deepEqual(given, ["b", "a", "b"]);
  finish[1]?.();
  await running[1];
  const again = pool.measure(order, 4);
  assert.equal(given[3], "a");
  for (const done of finish) done();
  await Promise.all([...running, again]);
  await pool.close();
  assert.deepEqual(given.slice(4), ["a closed", "b closed"]);
});

async function startOn(t: TestContext, study: StudyOrder, processes: readonly Environment[]) {
  const queue = memoryQueue(realClock);
  const warnings: string[] = [];
  const worker = await startWorker({
    ...settings, threads: 1, processes, queue: queue.worker, worker: "w", host: "h",
    version: "0", memoryBytes: 1e9, clock: realClock, warn: (line) => warnings.push(line),
  });
  t.after(() => worker.kill());
  await queue.coordinator.announce(study);
  const numbers = Array.from({ length: study.plan.jobs }, (_, number) => number);
  await queue.coordinator.publish(numbers.map((number) => ({ study: study.key, number })));
  return { worker, queue, warnings, numbers };
}

test("a worker of two processes serves a study", async (t) => {
  const study = noopOrder({ points: 40, perJob: 1 });
  const { worker, queue, warnings, numbers } = await startOn(t, study, [{}, {}]);
  assert.equal(worker.threads, 2);
  const got: number[] = [];
  while (got.length < 40) {
    for (const one of await queue.coordinator.receive(40, AbortSignal.timeout(10_000))) {
      got.push(one.report.job.number);
      await one.accept();
    }
  }
  assert.deepEqual(got.sort((a, b) => a - b), numbers);
  assert.deepEqual(warnings, []);
});

test("a worker whose pool is broken hands its job on instead of failing it", async (t) => {
  const preload = new URL("../support/die-at-job.js", import.meta.url).href;
  const study = noopOrder({ points: 1, perJob: 1 });
  const environment = { NODE_OPTIONS: `--import ${preload}` };
  const { worker, queue } = await startOn(t, study, [environment]);
  assert.match((await worker.broken).message, /SIGKILL.*7th in a row/);
  const [ended] = await queue.coordinator.receive(1, AbortSignal.timeout(10_000));
  assert.equal(ended?.report.attempt?.outcome.kind, "interrupted");
});
