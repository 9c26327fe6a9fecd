// The store's exam, part four: data files, the database's name, workers that are forgotten.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { FileRecord } from "../../schema/data.ts";
import type { Exam } from "./store.ts";

const content = Buffer.from(Array.from({ length: 2_500_000 }, (_, i) => (i * 7) % 256));
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const record = (bytes: Uint8Array): FileRecord => ({ path: "x", bytes: bytes.length, sha256: digest(bytes) });

async function* inParts(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function examineFiles(exam: Exam): void {
  exam("a data file comes back as it was stored, and is stored once", async ({ store, database }) => {
    const file = record(content);
    assert.equal(await store.files.has(file.sha256), false);
    await store.files.put(file, inParts(content, 1_300_000));
    await store.files.put(file, inParts(Buffer.from("not looked at"), 5));
    assert.equal(await store.files.has(file.sha256), true);
    const parts: Uint8Array[] = [];
    for await (const part of store.files.read(file.sha256)) parts.push(part);
    assert.ok(content.equals(Buffer.concat(parts)));
    await database.query("delete from data_file where sha256 = $1", [file.sha256]);
    const left = await database.query("select 1 from data_piece where file = $1", [file.sha256]);
    assert.equal(left.rows.length, 0);
  });

  exam("a file that is not what was said is refused, and nothing of it stays", async ({ store }) => {
    const file = record(content);
    await assert.rejects(store.files.put(file, inParts(content.subarray(1), 1e6)), /digest/);
    assert.equal(await store.files.has(file.sha256), false);
    await assert.rejects(async () => {
      for await (const part of store.files.read(file.sha256)) assert.fail(`${part.length} bytes`);
    }, /no data file/);
  });

  exam("the database has a name of its own, the same for all who ask at once", async ({ store, database }) => {
    for (let round = 0; round < 5; round++) {
      await database.query("delete from cluster");
      const names = await Promise.all(Array.from({ length: 6 }, () => store.cluster()));
      assert.match(names[0] ?? "", /^[0-9a-f]{16}$/);
      assert.equal(new Set([...names, await store.cluster()]).size, 1, names.join());
    }
  });

  exam("workers that were silent for long are forgotten", async ({ store, database }) => {
    const machine = { host: "h", version: "0", provider: "p", slots: 1, memoryBytes: 1e9, gpus: [], running: [] };
    await store.announce([{ worker: "old", ...machine }, { worker: "new", ...machine }]);
    await database.query("update worker set last_seen = now() - interval '2 hours' where worker = 'old'");
    await store.forgetWorkers(3_600_000);
    const names = new Set((await store.workers()).map(({ presence }) => presence.worker));
    assert.deepEqual([names.has("old"), names.has("new")], [false, true]);
  });
}
