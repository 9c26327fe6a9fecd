// What a user sees when something went wrong that is no mistake of theirs; and small commands.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test, { after } from "node:test";
import { z } from "zod";
import { putDatabase } from "../../support/database.ts";
import { shellWithDatabase } from "../../support/fake-context.ts";
import { serveFiles } from "../../support/file-server.ts";

const shell = await shellWithDatabase();
after(() => shell.remove());
await shell.write("small.yaml", "name: small\nexperiment: noop\njob_points: 4\naxes: { x: [1, 2, 3, 4, 5, 6, 7, 8] }\n");

const DEAD = `update job set state = 'dead', stored = 0, attempts = 3,
  last_error = '{"kind": "resource", "code": "out_of_memory", "message": "no room\\nat line 1"}' where number = 1`;

test("a dead job is told with its reason, and gets new attempts from the next run", async () => {
  assert.equal((await shell.run("run", "small.yaml", "-t", "1")).code, 0);
  for (const statement of ["delete from noop_result where job = 1", DEAD, "update study set finished_at = null"]) {
    const { code, stderr } = await shell.run("sql", "--write", statement);
    assert.equal(code, 0, stderr);
  }
  const dead = await shell.run("status", "small");
  assert.match(dead.stdout, /4 of 8 stored \(50%\)/);
  assert.match(dead.stdout, /1 job is dead: .*\n {2}job 1: out_of_memory: no room$/m);
  const again = await shell.run("run", "small.yaml", "-t", "1");
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /4 of 8 points are there: computing the rest\n1 dead job gets new attempts/);
  assert.match(again.stdout, /^small: 8 points stored, 4 of them now in /);
  assert.doesNotMatch((await shell.run("status", "small")).stdout, /is dead/);
});

test("reading commands make no database where there is none", async () => {
  for (const args of [["status"], ["sql", "select 1"], ["verify", "x"], ["export", "x", "-o", "x.csv"]]) {
    const { code, stderr } = await shell.run(...args, "--database", "elsewhere");
    assert.equal(code, 2);
    assert.match(stderr, /^no database in elsewhere: .*run STUDY\.yaml makes one/);
    assert.ok(!existsSync(join(shell.cwd, "elsewhere")));
  }
});

test("a database that is neither Postgres nor a folder is refused, its password unsaid", async () => {
  for (const command of ["status", "submit"]) {
    const args = command === "submit" ? [command, "small.yaml"] : [command];
    const { code, stderr } = await shell.run(...args, "--database", "mysql://me:secret@host/db");
    assert.equal(code, 2);
    assert.equal(stderr, "database mysql://me@host/db: expected postgres://… or a folder\n");
  }
});

test("sql prints more rows than a call may have arguments", async () => {
  const { code, stdout, stderr } = await shell.run("sql", "select 1 as one from generate_series(1, 150000)", "-f", "csv");
  assert.equal(code, 0, stderr);
  assert.equal(stdout.length, "one\n".length + 150_000 * "1\n".length);
});

test("a database that is in use is refused, naming the process", async () => {
  const { openStore } = await import("../../../coordinator/store/open.ts");
  await putDatabase(join(shell.cwd, "busy"));
  const store = await openStore(join(shell.cwd, "busy"));
  try {
    const { code, stderr } = await shell.run("run", "small.yaml", "--database", "busy");
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`busy: in use by process ${process.pid}`));
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  } finally {
    await store.close();
  }
});

test("a data set that its server does not have is one line, and nothing is kept", async () => {
  const server = await serveFiles(new Map());
  try {
    const { code, stderr } = await shell.run("data", "fetch", "mnist", "--url", server.url, "--data-dir", "cache");
    assert.equal(code, 2);
    assert.match(stderr.trimEnd(), /train-images-idx3-ubyte\.gz: .*404/);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  } finally {
    await server.close();
  }
});

test("data list names every source of a study file", async () => {
  const { code, stdout } = await shell.run("data", "list", "--json");
  assert.equal(code, 0);
  const listed = z.array(z.object({ name: z.string(), state: z.string() })).parse(JSON.parse(stdout));
  assert.deepEqual(listed.map(({ name }) => name).sort(),
    ["arrays", "cifar10", "cifar100", "gaussian", "glyphs", "mnist"]);
  const table = await shell.run("data", "list");
  for (const { name } of listed) assert.match(table.stdout, new RegExp(`^${name} `, "m"));
});

test("plan says how much less work a study is than one solve per point, and does none of it", async () => {
  await shell.write("sweep.yaml", `name: sweep
experiment: krr
data: { source: glyphs, train: 300, test: 100 }
attack: { kind: clones, trigger: { kind: cross } }
kernel: rbf
axes:
  length_scale: [2, 4, 8]
  ridge: { log: [0.001, 1], steps: 10 }
  poison_count: { linear: [0, 50], steps: 51 }
`);
  const Planned = z.object({
    points: z.literal(1530), jobs: z.int(), route: z.string(), factorisations: z.literal(3),
    naiveSolves: z.literal(1530), flops: z.number(), naiveFlops: z.number(),
    memoryBytesPerThread: z.number(), estimates: z.array(z.object({ provider: z.string(), seconds: z.number() })),
  });
  const { code, stdout, stderr } = await shell.run("plan", "sweep.yaml", "--json", "--threads", "2");
  assert.equal(code, 0, stderr);
  const planned = Planned.parse(JSON.parse(stdout));
  assert.ok(planned.flops * 50 < planned.naiveFlops);
  // At least the kernel matrix and its factor, and no more than a small machine has.
  assert.ok(planned.memoryBytesPerThread > 2 * 8 * 300 ** 2 && planned.memoryBytesPerThread < 1e9);
  assert.ok(planned.estimates.some(({ provider, seconds }) => provider === "portable" && seconds > 0));
  const words = await shell.run("plan", "sweep.yaml");
  assert.match(words.stdout, /3 factorisations where one solve per point needs 1,530/);
  assert.match(words.stdout, /one kernel matrix for each length_scale serves all ridge, poison_count/);
});

test("doctor finds the portable provider and wasm anywhere, says how fast they are, and how to get the rest", async () => {
  const { code, stdout } = await shell.run("doctor", "--json");
  assert.equal(code, 0, stdout);
  const Report = z.object({
    healthy: z.literal(true),
    checks: z.array(z.object({ name: z.string(), isGood: z.boolean(), text: z.string() })),
    providers: z.array(z.object({ name: z.string(), speed: z.object({ gemmGflops: z.number() }).nullable() })),
    backends: z.array(z.object({ name: z.string(), stepsPerSecond: z.number().nullable(), why: z.string().nullable() })),
  });
  const { checks, providers, backends } = Report.parse(JSON.parse(stdout));
  assert.deepEqual(checks.map(({ name }) => name), ["node", "machine", "database", "nats-server", "gpu", "data"]);
  const portable = providers.find(({ name }) => name === "portable");
  assert.ok((portable?.speed?.gemmGflops ?? 0) > 0.1, stdout);
  assert.deepEqual(backends.map(({ name }) => name), ["tensorflow", "webgpu", "wasm"]);
  for (const { name, stepsPerSecond, why } of backends) {
    if (why === null) assert.ok((stepsPerSecond ?? 0) > 0.1, name);
    else assert.match(why, /npm i|driver/, "how to get it");
  }
  assert.equal(backends.at(-1)?.why, null, "wasm is part of the package");
});
