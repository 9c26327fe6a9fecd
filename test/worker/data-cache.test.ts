// The worker's cache of data files, on real folders.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import type { FileRecord } from "../../schema/data.ts";
import { DataCache } from "../../worker/data-cache.ts";
import { manualClock } from "../support/manual-clock.ts";

const contents = ["one", "two two", "three three three"].map((text) => Buffer.from(text.repeat(1000)));
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const records: readonly FileRecord[] = contents.map((bytes, i) => ({ path: `f${i}`, bytes: bytes.length, sha256: digest(bytes) }));

async function setUp(t: TestContext, options: { bytesMax?: number; offered?: (sha256: string) => Uint8Array | null } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "nearclone-cache-"));
  t.after(() => rm(folder, { recursive: true }));
  const clock = manualClock();
  const asked: string[] = [];
  const known = (sha256: string) => contents.find((bytes) => digest(bytes) === sha256) ?? null;
  const offered = options.offered ?? known;
  const open = () => new DataCache({
    process: "p", folder, bytesMax: options.bytesMax ?? 1e9, patienceMs: 1_000, clock, onFetched: () => {},
    fetch: async (sha256) => {
      asked.push(sha256);
      const bytes = offered(sha256);
      return bytes === null ? null : inParts(bytes);
    },
  });
  return { folder, clock, asked, open };
}

async function* inParts(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
}

const one = (index: number): FileRecord => records[index] ?? assert.fail();

test("a file is fetched once, by whoever asks how often, and lies under its digest", async (t) => {
  const { folder, asked, open } = await setUp(t);
  const cache = open();
  await Promise.all([cache.provide(records), cache.provide(records), cache.provide([one(2)])]);
  assert.deepEqual([...asked].sort(), records.map(({ sha256 }) => sha256).sort());
  for (const [i, { sha256 }] of records.entries()) assert.ok(contents[i]?.equals(await readFile(join(folder, sha256))));
  assert.equal((await readdir(folder)).length, 3);
});

test("another process finds it there, unless it was damaged", async (t) => {
  const { folder, asked, open } = await setUp(t);
  await open().provide(records);
  await truncate(join(folder, one(0).sha256), 10);
  await writeFile(join(folder, one(1).sha256), Buffer.alloc(one(1).bytes, 1)); // of the right length
  asked.length = 0;
  await open().provide(records);
  assert.deepEqual(asked, [one(0).sha256, one(1).sha256]);
  assert.ok(contents[1]?.equals(await readFile(join(folder, one(1).sha256))));
});

test("what comes and is not what was asked for leaves nothing behind", async (t) => {
  const { folder, open } = await setUp(t, { offered: () => Buffer.from("something else") });
  await assert.rejects(open().provide(records), { code: "data_damaged", kind: "infrastructure" });
  assert.deepEqual(await readdir(folder), []);
});

test("a file that is not offered yet is waited for, and one that never is has its own code", async (t) => {
  let isOffered = false;
  const { clock, asked, open } = await setUp(t, { offered: () => (isOffered ? (contents[0] ?? null) : null) });
  const providing = open().provide([one(0)]);
  while (asked.length === 0) await new Promise(setImmediate);
  isOffered = true;
  clock.advance(500);
  await providing;
  isOffered = false;
  const failing = assert.rejects(open().provide([one(1)]), { code: "data_missing", message: /f1 .*nearclone submit/ });
  for (let i = 0; i < 5; i++) {
    await new Promise(setImmediate);
    await new Promise((resolve) => { setImmediate(resolve); });
    clock.advance(500);
  }
  for (let count = asked.length; ; count = asked.length) {
    await new Promise(setImmediate);
    clock.advance(500);
    if (asked.length === count && asked.length > 3) break;
  }
  await failing;
});

test("files that were not used for longest make room, those of jobs that run do not", async (t) => {
  const bytesMax = one(1).bytes + one(2).bytes;
  const { folder, open } = await setUp(t, { bytesMax });
  const first = open();
  await first.provide([one(0)]);
  await first.provide([one(1)]);
  await utimes(join(folder, one(0).sha256), 1, 1);
  const second = open(); // a process that uses neither
  const releases = [await second.provide([one(2)]), await second.provide([one(1), one(2)])];
  assert.deepEqual((await readdir(folder)).sort(), [one(1).sha256, one(2).sha256].sort());
  await assert.rejects(second.provide([one(0)]), { code: "data_cache_full", kind: "resource" });
  for (const release of releases) release();
  await second.provide([one(0)]);
  assert.ok((await readdir(folder)).includes(one(0).sha256));
});

test("a file that made room is fetched again for the next job", async (t) => {
  const { folder, asked, open } = await setUp(t, { bytesMax: one(2).bytes });
  const cache = open();
  for (const index of [1, 2, 1]) {
    const release = await cache.provide([one(index)]);
    assert.deepEqual(await readdir(folder), [one(index).sha256]);
    release();
    release(); // counts once
  }
  assert.deepEqual(asked, [one(1), one(2), one(1)].map(({ sha256 }) => sha256));
});
