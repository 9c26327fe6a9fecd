// The true program in a process of its own: signals, pipes, exit codes, and resuming.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { openStore } from "../../../coordinator/store/open.ts";
import { putDatabase } from "../../support/database.ts";
import { type Program, startProgram } from "../../support/program.ts";
import { ROOT } from "../../support/source-tree.ts";

const folder = await mkdtemp(join(tmpdir(), "nearclone-process-"));
after(() => rm(folder, { recursive: true, force: true }));

/** Starts the program with its state in `home`. */
const start = (home: string, ...args: readonly string[]): Program =>
  startProgram({ cwd: folder, env: { NEARCLONE_HOME: join(folder, home) } }, ...args);

/** Enough work that a signal sent at its first line arrives in the middle of it. */
const SLOW = `name: slow
experiment: krr
data: { source: glyphs, train: 300, test: 60 }
attack: { kind: clones, trigger: { kind: cross } }
kernel: rbf
axes:
  length_scale: { log: [1, 30], steps: 32 }
  ridge: { log: [1e-6, 1], steps: 9 }
  poison_count: [0, 5, 20]
`;
const POINTS = 32 * 9 * 3;
await writeFile(join(folder, "slow.yaml"), SLOW);
await writeFile(join(folder, "tiny.yaml"), "name: tiny\nexperiment: noop\naxes: { x: [1, 2, 3] }\n");

for (const home of ["stopped", "calm", "hurt"]) await putDatabase(join(folder, home, "db"));

async function inspect(home: string): Promise<{ stored: number; checksum: string }> {
  const store = await openStore(join(folder, home, "db"));
  try {
    const study = await store.study("slow");
    assert.ok(study !== null);
    const { stored } = await store.progress(study.order.key);
    return { stored, checksum: await store.checksum(study.order.key) };
  } finally {
    await store.close();
  }
}

test("Ctrl-C keeps what is done, and the same command ends with the same bytes", async () => {
  const first = start("stopped", "run", "slow.yaml", "--provider", "portable");
  await first.says(/^algebra/m);
  first.signal("SIGINT");
  const { code, stdout, stderr } = await first.ended;
  assert.equal(code, 130, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /finishing the jobs in flight; Ctrl-C again gives them up/);
  const [, count = ""] = /stopped with ([\d,]+) of 864 points stored/.exec(stderr) ?? [];
  assert.match(stderr, /to compute the rest: node \S+nearclone\.js run slow\.yaml\n$/);
  const stopped = await inspect("stopped");
  assert.equal(stopped.stored, Number(count.replaceAll(",", "")));
  assert.ok(stopped.stored < POINTS);

  const second = await start("stopped", "run", "slow.yaml", "--provider", "portable").ended;
  assert.equal(second.code, 0, second.stderr);
  const third = await start("calm", "run", "slow.yaml", "--provider", "portable", "-t", "1").ended;
  assert.equal(third.code, 0, third.stderr);
  const [resumed, undisturbed] = [await inspect("stopped"), await inspect("calm")];
  assert.equal(resumed.stored, POINTS);
  assert.equal(resumed.checksum, undisturbed.checksum);
});

test("neither a second Ctrl-C, which does not wait, nor SIGKILL loses what was stored", async () => {
  const first = start("hurt", "run", "slow.yaml", "--provider", "portable");
  await first.says(/^algebra/m);
  first.signal("SIGINT");
  await first.says(/Ctrl-C again/);
  first.signal("SIGINT");
  const { code, stderr } = await first.ended;
  assert.equal(code, 130, stderr);
  const second = start("hurt", "run", "slow.yaml", "--provider", "portable");
  await second.says(/^algebra/m);
  second.signal("SIGKILL");
  assert.equal((await second.ended).signal, "SIGKILL");
  const third = await start("hurt", "run", "slow.yaml", "--provider", "portable").ended;
  assert.equal(third.code, 0, third.stderr);
  assert.equal((await inspect("hurt")).checksum, (await inspect("calm")).checksum);
});

test("a reader that goes away early is no error", async () => {
  const program = join(ROOT, "bin/nearclone.js");
  const shell = spawn("sh", ["-c", `'${process.execPath}' '${program}' schema | head -n 1; echo done`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  shell.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await once(shell, "close");
  assert.equal(stderr, "");
});

test("a complaint has no stack and ends with code 2", async () => {
  const { code, stderr, stdout } = await start("none", "run", "none.yaml").ended;
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.equal(stderr, "none.yaml: no such file: expected a study file (YAML)\n");
});

test("standard output holds the result alone, so that it can be piped", async () => {
  const { code, stdout } = await start("tiny", "run", "tiny.yaml", "--json").ended;
  assert.equal(code, 0);
  const parsed: unknown = JSON.parse(stdout);
  assert.ok(typeof parsed === "object" && parsed !== null && "complete" in parsed && parsed.complete === true);
});
