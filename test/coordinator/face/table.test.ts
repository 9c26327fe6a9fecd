import assert from "node:assert/strict";
import test from "node:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { formatRows, labelLines, tableLines } from "../../../coordinator/face/table.ts";

test("numbers stand to the right, text to the left, below their names", () => {
  const lines = tableLines({ columns: ["name", "count"], rows: [["a", 5], ["long name", 12_000]] });
  assert.deepEqual(lines, ["name       count", "─────────  ─────", "a              5", "long name  12000"]);
});

test("a table without rows is its header", () => {
  assert.deepEqual(tableLines({ columns: ["a"], rows: [] }), ["a", "─"]);
});

test("doubles come back from CSV and JSON with their bits", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      const rows = { columns: ["v"], rows: [[value]] };
      const [, field] = formatRows(rows, "csv");
      assert.ok(Object.is(Number(field), value), `csv ${field}`);
      const back: unknown = JSON.parse(formatRows(rows, "json").join(""));
      assert.deepStrictEqual(back, [{ v: Number.isFinite(value) ? value : String(value) }]);
    }),
    { seed: 12, numRuns: 300, examples: [[-0], [Number.NaN], [Number.NEGATIVE_INFINITY]] },
  );
});

test("any text comes back from CSV through another parser", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 4 }), (cells) => {
      const columns = cells.map((_, i) => `c${i}`);
      const text = formatRows({ columns, rows: [cells] }, "csv").join("\n");
      const [, back] = parse(text, { record_delimiter: "\n" });
      assert.deepEqual(back, cells);
    }),
    { seed: 13 },
  );
});

test("JSON is an array also without rows, and null is null", () => {
  assert.equal(formatRows({ columns: ["a"], rows: [] }, "json").join(""), "[]");
  const text = formatRows({ columns: ["a", "b"], rows: [[null, true], ["x", 1]] }, "json").join("\n");
  assert.deepEqual(JSON.parse(text), [{ a: null, b: true }, { a: "x", b: 1 }]);
});

test("labels are as wide as the widest", () => {
  assert.deepEqual(labelLines([["a", "1"], ["long", "2"]]), ["a     1", "long  2"]);
});
