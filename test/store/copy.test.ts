// The binary COPY format: what the writer writes, read by a decoder of the test's own.
import assert from "node:assert/strict";
import test from "node:test";
import {
  array,
  assert as check,
  constantFrom,
  double,
  integer,
  property,
  record,
} from "fast-check";
import { copyBody, decodeCopy } from "../../coordinator/store/copy-decode.ts";
import { CopyWriter, type FixedColumn } from "../../coordinator/store/copy-encode.ts";
import { STATUSES } from "../../schema/column.ts";

const seed = 20261120;

/** Rows of raw fields, by the format's description alone; null for SQL null. */
function readRows(file: Uint8Array): (Buffer | null)[][] {
  const bytes = Buffer.from(file);
  assert.equal(bytes.toString("latin1", 0, 11), "PGCOPY\n\xff\r\n\0");
  assert.equal(bytes.readInt32BE(11), 0, "flags");
  let at = 19 + bytes.readInt32BE(15);
  const rows: (Buffer | null)[][] = [];
  for (;;) {
    const fields = bytes.readInt16BE(at);
    at += 2;
    if (fields === -1) break;
    const row: (Buffer | null)[] = [];
    for (let field = 0; field < fields; field++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      row.push(length < 0 ? null : bytes.subarray(at, at + length));
      at += Math.max(0, length);
    }
    rows.push(row);
  }
  assert.equal(at, bytes.length, "the trailer is the end");
  return rows;
}

const NUMBERS = [
  Number.NaN,
  -0,
  0,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  Number.MAX_VALUE,
  -Number.MIN_VALUE,
  Math.PI,
];
const anyNumber = () => double().chain((some) => constantFrom(some, ...NUMBERS));
const anyRow = record({
  count: integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  value: anyNumber(),
  other: anyNumber(),
  status: integer({ min: 0, max: STATUSES.length - 1 }),
});

/** Big-endian bits, NaN as the one quiet NaN. */
const bitsOf = (value: number): string =>
  Number.isNaN(value)
    ? "7ff8000000000000"
    : Buffer.from(new Float64Array([value]).buffer)
        .reverse()
        .toString("hex");

test("every number and label is written as the format has it", () => {
  const writer = new CopyWriter();
  check(
    property(array(array(anyRow, { minLength: 1, maxLength: 9 }), { maxLength: 4 }), (blocks) => {
      writer.begin();
      for (const rows of blocks) {
        const columns: FixedColumn[] = [
          { type: "integer", values: 7 },
          { type: "integer", values: Int32Array.from(rows, ({ count }) => count) },
          { type: "double", values: Float64Array.from(rows, ({ value }) => value) },
          { type: "integer", values: Float64Array.from(rows, ({ count }) => count) },
          { type: "double", values: rows[0]?.other ?? 0 },
        ];
        writer.append(rows.length, columns, {
          codes: Uint8Array.from(rows, ({ status }) => status),
          labels: STATUSES,
        });
      }
      const file = writer.finish();
      const expected = blocks.flatMap((rows) =>
        rows.map((row) => {
          const count = Buffer.alloc(4);
          count.writeInt32BE(row.count);
          const status = Buffer.from(STATUSES[row.status] ?? "");
          return [
            "00000007",
            count.toString("hex"),
            bitsOf(row.value),
            count.toString("hex"),
            bitsOf(rows[0]?.other ?? 0),
            status.toString("hex"),
          ];
        }),
      );
      assert.deepEqual(
        readRows(file).map((row) => row.map((field) => field?.toString("hex"))),
        expected,
      );
      const decoded = decodeCopy(
        file,
        ["integer", "integer", "double", "integer", "double", "label"],
        STATUSES,
      );
      const all = blocks.flat();
      assert.equal(decoded.rows, all.length);
      assert.deepEqual(
        [...(decoded.columns[1] ?? [])],
        all.map(({ count }) => count),
      );
      assert.deepEqual(
        [...(decoded.columns[2] ?? [])].map(bitsOf),
        all.map(({ value }) => bitsOf(value)),
      );
      assert.deepEqual(
        [...(decoded.columns[5] ?? [])],
        all.map(({ status }) => status),
      );
    }),
    { seed },
  );
});

test("any NaN is written as the same quiet NaN", () => {
  const nans = new Float64Array(
    new BigUint64Array([0xfff8000000000001n, 0x7ff0000000000001n, 0x7fffffffffffffffn]).buffer,
  );
  const writer = new CopyWriter();
  writer.begin();
  writer.append(3, [{ type: "double", values: nans }], {
    codes: new Uint8Array(3),
    labels: ["ok"],
  });
  const written = readRows(writer.finish()).map(([value]) => value?.toString("hex"));
  assert.deepEqual(
    written,
    Array.from({ length: 3 }, () => "7ff8000000000000"),
  );
});

test("a file larger than the writer's memory is the same as its parts", () => {
  const rows = 200_000;
  const values = Float64Array.from({ length: rows }, (_, i) => Math.sin(i));
  const [whole, part] = [new CopyWriter(), new CopyWriter()];
  const write = (writer: CopyWriter, from: number, to: number) =>
    writer.append(to - from, [{ type: "double", values: values.subarray(from, to) }], {
      codes: new Uint8Array(to - from),
      labels: ["ok"],
    });
  whole.begin();
  write(whole, 0, rows);
  part.begin();
  for (let from = 0; from < rows; from += 1000) write(part, from, from + 1000);
  assert.deepEqual(Buffer.compare(whole.finish(), part.finish()), 0);
});

test("a writer that begins again forgets what it wrote", () => {
  const writer = new CopyWriter();
  writer.begin();
  writer.append(5, [{ type: "integer", values: 1 }], { codes: new Uint8Array(5), labels: ["ok"] });
  writer.finish();
  writer.begin();
  const empty = writer.finish();
  assert.deepEqual(readRows(empty), []);
  assert.equal(copyBody(empty).length, 0);
});

test("what is not the file asked for is refused", () => {
  const writer = new CopyWriter();
  writer.begin();
  assert.throws(
    () => writer.append(1, [], { codes: Uint8Array.of(200), labels: STATUSES }),
    /row 0 has label 200/,
  );
  writer.append(1, [{ type: "integer", values: 1 }], { codes: Uint8Array.of(0), labels: ["odd"] });
  const file = writer.finish();
  assert.throws(() => decodeCopy(file, ["integer"], STATUSES), /2 fields, not 1/);
  assert.throws(() => decodeCopy(file, ["double", "label"], STATUSES), /4 bytes, not 8/);
  assert.throws(() => decodeCopy(file, ["integer", "label"], STATUSES), /label odd/);
});
