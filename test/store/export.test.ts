// Exports, read back by other programs' readers: every row, every bit, and no half file.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { tableFromIPC } from "@uwdata/flechette";
import { parse } from "csv-parse/sync";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { exportStudy } from "../../coordinator/store/export.ts";
import { openStore } from "../../coordinator/store/open.ts";
import type { Store } from "../../coordinator/store/port.ts";
import { STATUSES } from "../../schema/column.ts";
import { resultColumns } from "../../schema/experiments/registry.ts";
import { identityOf } from "../../schema/identity.ts";
import { noopOrder } from "../support/orders.ts";
import { reportOf } from "../support/reports.ts";

const folder = mkdtempSync(join(tmpdir(), "nearclone-export-"));
const SPECIAL = [
  Number.NaN,
  -0,
  0,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  Number.MAX_VALUE,
  0.1 + 0.2,
  1e21,
  123456789.123,
];
/** More than one batch of the exporter. */
const POINTS = 60_000;
const order = noopOrder({ points: POINTS, perJob: 10_000, name: "exported" });
const empty = noopOrder({ points: 5, perJob: 5, seed: 2, name: "empty" });
let store: Store;

const hashOf = (point: number): number => SPECIAL[point] ?? point / 7;
const statusOf = (point: number): number => (point % 1000 === 3 ? 2 : 0);

before(async () => {
  store = await openStore("memory:");
  for (const one of [order, empty]) await store.ensureStudy(one, identityOf(one.spec, null));
  // A job is missing: an export is of what is there.
  for (const job of [0, 1, 2, 3, 5]) {
    await store.commit([
      reportOf(order, job, {
        value: (index) => hashOf(job * 10_000 + index),
        status: (index) => statusOf(job * 10_000 + index),
      }),
    ]);
  }
});
after(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const NAMES = ["point", "status", ...resultColumns("noop").map(({ name }) => name)];

/** Rows as the export should have them, number for number. */
function assertRows(rows: readonly Record<string, unknown>[]): void {
  assert.equal(rows.length, 50_000);
  assert.deepEqual(Object.keys(rows[0] ?? {}), NAMES);
  rows.forEach((row, index) => {
    const point = index < 40_000 ? index : index + 10_000;
    const isRight =
      row["point"] === point &&
      row["x"] === point &&
      row["replicate"] === 0 &&
      Object.is(row["hash"], hashOf(point)) &&
      row["status"] === STATUSES[statusOf(point)];
    if (!isRight) assert.fail(`point ${point}: ${JSON.stringify(row)}`);
  });
}

test("CSV holds every number exactly, and spells out what is none", async () => {
  const file = join(folder, "rows.csv");
  const progress: number[] = [];
  const exported = await exportStudy(store, order.key, "csv", file, {
    onProgress: (rows) => progress.push(rows),
  });
  const text = readFileSync(file, "utf8");
  assert.deepEqual(exported, { rows: 50_000, bytes: text.length });
  assert.equal(progress.at(-1), 50_000);
  assert.match(
    text,
    /^point,status,replicate,x,y,hash\n0,ok,0,0,0,NaN\n1,ok,0,1,0,-0\n2,ok,0,2,0,0\n3,non_/,
  );
  const rows: Record<string, string>[] = parse(text, { columns: true });
  assertRows(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          name === "status" ? value : Number(value),
        ]),
      ),
    ),
  );
});

test("Parquet holds every number exactly, in row groups", async () => {
  const file = join(folder, "rows.parquet");
  const exported = await exportStudy(store, order.key, "parquet", file);
  const bytes = readFileSync(file);
  const buffer = new Uint8Array(bytes).buffer;
  assert.deepEqual(exported, { rows: 50_000, bytes: bytes.length });
  const metadata = parquetMetadata(buffer);
  assert.deepEqual(
    metadata.schema.slice(1).map(({ type, repetition_type }) => `${type} ${repetition_type}`),
    [
      "INT32 REQUIRED",
      "BYTE_ARRAY REQUIRED",
      "INT32 REQUIRED",
      "DOUBLE REQUIRED",
      "DOUBLE REQUIRED",
      "DOUBLE REQUIRED",
    ],
  );
  assertRows(await parquetReadObjects({ file: buffer }));
});

test("Arrow holds every number exactly, in record batches", async () => {
  const file = join(folder, "rows.arrow");
  const exported = await exportStudy(store, order.key, "arrow", file);
  const bytes = readFileSync(file);
  assert.deepEqual(exported, { rows: 50_000, bytes: bytes.length });
  const table = tableFromIPC(bytes);
  assert.deepEqual(
    table.schema.fields.map(({ name }) => name),
    NAMES,
  );
  assertRows(table.toArray());
});

test("a study without rows gives a file without rows", async () => {
  const file = join(folder, "empty");
  for (const format of ["csv", "parquet", "arrow"] as const) {
    assert.equal((await exportStudy(store, empty.key, format, file)).rows, 0);
    if (format === "csv") assert.equal(readFileSync(file, "utf8"), `${NAMES.join(",")}\n`);
    else if (format === "arrow") assert.equal(tableFromIPC(readFileSync(file)).numRows, 0);
    else
      assert.deepEqual(
        await parquetReadObjects({ file: new Uint8Array(readFileSync(file)).buffer }),
        [],
      );
  }
});

test("an export that is stopped leaves nothing behind, and an older file as it was", async () => {
  const file = join(folder, "stopped.csv");
  await exportStudy(store, empty.key, "csv", file);
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error("enough"));
  await assert.rejects(
    exportStudy(store, order.key, "csv", file, { signal: stop.signal, onProgress }),
    /enough/,
  );
  assert.equal(readFileSync(file, "utf8"), `${NAMES.join(",")}\n`);
  assert.ok(!existsSync(`${file}.part`));
});

test("a file that cannot be written is told in one line", async () => {
  for (const format of ["csv", "parquet", "arrow"] as const) {
    const file = join(folder, "nowhere", "rows");
    await assert.rejects(exportStudy(store, order.key, format, file), {
      name: "UserError",
      message: `${file}: no such folder`,
    });
    await assert.rejects(exportStudy(store, order.key, format, folder), {
      name: "UserError",
      message: `${folder}: is a folder`,
    });
    assert.ok(!existsSync(`${folder}.part`));
  }
});
