// The embedded database in its folder: one process at a time, and no kill loses what was stored.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test, { after } from "node:test";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { lockFolder } from "../../coordinator/store/folder-lock.ts";
import { isAway } from "../../coordinator/store/away.ts";
import { guardOf, needRoom } from "../../coordinator/store/pglite-guard.ts";
import { openDatabase, openStore } from "../../coordinator/store/open.ts";
import { identityOf } from "../../schema/identity.ts";
import { deriveSeed } from "../../schema/seed.ts";
import { openTestStore, putDatabase } from "../support/database.ts";
import { noopOrder } from "../support/orders.ts";
import { reportOf } from "../support/reports.ts";

const root = mkdtempSync(join(tmpdir(), "nearclone-folder-"));
after(() => rmSync(root, { recursive: true, force: true }));

const CHILD = fileURLToPath(new URL("../support/store-child.js", import.meta.url));
const LOCKER = fileURLToPath(new URL("../support/lock-child.js", import.meta.url));
const POINTS = 40_000;
const PER_JOB = 200;
const SEED = 77;
/** The last one is left to finish. */
const ROUNDS = 3;

function start(folder: string): { child: ChildProcess; lines: AsyncIterable<string> } {
  const args = [CHILD, folder, String(POINTS), String(PER_JOB), String(SEED)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  assert.ok(child.stdout !== null);
  return { child, lines: createInterface({ input: child.stdout }) };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

test("a process killed at any moment loses nothing that it had committed", async () => {
  const folder = join(root, "killed");
  await putDatabase(folder);
  const order = noopOrder({ points: POINTS, perJob: PER_JOB, seed: SEED, name: "killed" });
  let isClosed = false;
  for (let round = 0; round < ROUNDS && !isClosed; round++) {
    const { child, lines } = start(folder);
    // Killed while it works on what follows the line: 1 to 12 commits after it opened.
    let left =
      round === ROUNDS - 1 ? Number.POSITIVE_INFINITY : 1 + (deriveSeed(SEED, "kill", round) % 12);
    let committed = 0;
    for await (const line of lines) {
      if (line.startsWith("committed")) committed = Number(line.slice(10));
      isClosed ||= line === "closed";
      if (--left <= 0) await kill(child);
    }
    if (round === ROUNDS - 1) break;
    const store = await openStore(folder);
    const progress = await store.progress(order.key);
    assert.ok(
      progress.jobs.done >= committed,
      `${progress.jobs.done} done of ${committed} committed`,
    );
    assert.equal(progress.stored, progress.jobs.done * PER_JOB);
    const rows = await store.sql("select count(*), count(distinct job) from noop_result");
    assert.deepEqual(rows.rows, [[progress.stored, progress.jobs.done]]);
    assert.equal((await store.attempts(order.key, { limit: 10_000 })).length, progress.jobs.done);
    await store.close();
  }
  assert.ok(isClosed, "the last process did not finish the study");
  const [store, undisturbed] = [await openStore(folder), await openTestStore()];
  await undisturbed.ensureStudy(order, identityOf(order.spec, null));
  await undisturbed.commit(
    Array.from({ length: POINTS / PER_JOB }, (_, number) => reportOf(order, number)),
  );
  assert.equal(await store.checksum(order.key), await undisturbed.checksum(order.key));
  await Promise.all([store.close(), undisturbed.close()]);
});

test("a folder that was being made when its process was killed is made anew", async () => {
  const folder = join(root, "half");
  const { child } = start(folder);
  // The data folder appears before it is complete: kill it there.
  while (!existsSync(join(folder, "data")))
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  await kill(child);
  const database = await openDatabase(folder);
  assert.equal((await database.query("select 1")).rows[0]?.[0], "1");
  await database.close();
});

test("a disk without room is refused before anything is written, as something to wait for", async () => {
  const error = await Promise.resolve()
    .then(() => needRoom(root, 2 ** 60))
    .then(
      () => null,
      (e: unknown) => e,
    );
  assert.ok(error instanceof Error && error.name === "UserError");
  assert.match(
    error.message,
    new RegExp(`^database ${root}: \\d+ MB are free on its disk, \\d+ MB are needed$`),
  );
  assert.ok(isAway(error));
  needRoom(root, 0);
});

test("a database that breaks down says so, once and for all, and does not hang", async () => {
  // oxlint-disable no-underscore-dangle -- the name is PGlite's
  const client = await PGlite.create();
  const work = client.Module._PostgresMainLoopOnce;
  let isFailing = false;
  client.Module._PostgresMainLoopOnce = () => {
    if (isFailing) throw new Error("unreachable");
    work();
  };
  const guard = guardOf(client, "db", null);
  const ask = (query: string) => guard.watch(() => client.query<{ a: number }>(query));
  assert.deepEqual((await ask("select 1 as a")).rows, [{ a: 1 }]);
  await assert.rejects(ask("select nothing"), /column "nothing" does not exist/);
  assert.deepEqual((await ask("select 2 as a")).rows, [{ a: 2 }]);
  isFailing = true;
  const refusal = { name: "UserError", message: /^database db: broke down/ };
  await assert.rejects(ask("select 3 as a"), refusal);
  assert.ok(guard.isBroken());
  // Even if it would answer now: whatever it says is not to be trusted.
  isFailing = false;
  await assert.rejects(ask("select 4 as a"), refusal);
});

test("a folder that holds something else is refused, and left as it is", async () => {
  const folder = join(root, "foreign");
  mkdirSync(join(folder, "data"), { recursive: true });
  await assert.rejects(openDatabase(folder), {
    name: "UserError",
    message: `${folder}: holds data, expected an empty folder or a nearclone database`,
  });
  assert.deepEqual(readdirSync(folder), ["data"]);
});

test("a second process is refused, naming the first; its end lets the next one in", async () => {
  const folder = join(root, "shared");
  await putDatabase(folder);
  const { child, lines } = start(folder);
  for await (const line of lines) if (line === "open") break;
  const refusal = {
    name: "UserError",
    message: new RegExp(`^${folder}: in use by process ${child.pid}: stop it`),
  };
  await assert.rejects(openDatabase(folder), refusal);
  await kill(child);
  const database = await openDatabase(folder);
  await assert.rejects(openDatabase(folder), {
    message: new RegExp(`in use by process ${process.pid}`),
  });
  await database.close();
});

test("locks of the dead, of reborn numbers and of no sense are taken over", async () => {
  const folder = join(root, "locks");
  mkdirSync(folder);
  const lock = join(folder, "lock");
  const me = { pid: process.pid, host: hostname(), born: "1" };
  for (const stale of [JSON.stringify(me), JSON.stringify({ ...me, pid: 2 ** 22 + 1 }), "", "{}"]) {
    writeFileSync(lock, stale);
    const release = await lockFolder(folder);
    assert.equal(JSON.parse(readFileSync(lock, "utf8")).pid, process.pid);
    release();
    assert.ok(!existsSync(lock));
  }
  writeFileSync(lock, JSON.stringify({ ...me, host: "elsewhere" }));
  await assert.rejects(lockFolder(folder), {
    message: /process \d+ on elsewhere: if it is gone, delete /,
  });
});

test("of many processes that find a dead one's lock, one takes it", async () => {
  const folder = join(root, "race");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "lock"),
    JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), born: null }),
  );
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, [LOCKER, folder], { stdio: ["pipe", "pipe", "inherit"] }),
  );
  const answers = await Promise.all(
    children.map(async ({ stdout }) => {
      for await (const line of createInterface({ input: stdout })) return line;
      return "nothing";
    }),
  );
  assert.deepEqual(
    answers.sort((a, b) => a.localeCompare(b)),
    ["locked", ...Array.from({ length: 5 }, () => "refused")],
  );
  for (const child of children) child.stdin.end();
});
