import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import {
  type FeatureRows,
  parseFeatures,
  parseLabels,
  parseVector,
  referenceOf,
} from "../../data/array-file.ts";
import { parseCsv } from "../../data/csv.ts";
import { parseNpy } from "../../data/npy.ts";
import { openNpzMember } from "../../data/npz.ts";
import { UserError } from "../../schema/failure.ts";
import { npyBytes, npyOf, type NpyShape } from "../support/data-bytes.ts";

/** Writes one number at an offset, in the byte order that the second letter of the name tells. */
type Write = (data: DataView, at: number, value: number, little: boolean) => void;
const WRITERS: Readonly<Record<string, Write>> = {
  i1: (data, at, value) => data.setInt8(at, value),
  u1: (data, at, value) => data.setUint8(at, value),
  i2: (data, at, value, little) => data.setInt16(at, value, little),
  u2: (data, at, value, little) => data.setUint16(at, value, little),
  i4: (data, at, value, little) => data.setInt32(at, value, little),
  u4: (data, at, value, little) => data.setUint32(at, value, little),
  i8: (data, at, value, little) => data.setBigInt64(at, BigInt(value), little),
  u8: (data, at, value, little) => data.setBigUint64(at, BigInt(value), little),
  f4: (data, at, value, little) => data.setFloat32(at, value, little),
  f8: (data, at, value, little) => data.setFloat64(at, value, little),
};

function npy(array: NpyShape, numbers: readonly number[]): Uint8Array {
  const type = array.descr.slice(1);
  const width = Number(type.slice(1));
  const data = new Uint8Array(width * numbers.length);
  const view = new DataView(data.buffer);
  numbers.forEach((n, i) => WRITERS[type]?.(view, i * width, n, array.descr[0] !== ">"));
  return npyBytes(array, data);
}

function labelsOf(numbers: number[]): () => Int32Array {
  const content = npyOf([numbers.length], numbers);
  return () => parseLabels({ name: "y.npy", content }, referenceOf("y.npy"));
}

function featuresOf(shape: number[], numbers: number[]): FeatureRows {
  const file = { name: "x.npy", content: npyOf(shape, numbers) };
  return parseFeatures(file, referenceOf("x.npy"), referenceOf("y.npy"));
}

const csv = (text: string, name = "f.csv") => ({ name, content: Buffer.from(text) });

test("every .npy type is read in both byte orders and all header versions", () => {
  for (const type of Object.keys(WRITERS)) {
    const numbers = type.startsWith("u") ? [0, 1, 200, 77, 5, 6] : [0, -1, 100, -77, 5, 6];
    for (const order of ["<", ">"]) {
      for (const version of [1, 2, 3] as const) {
        const content = npy({ descr: order + type, shape: [2, 3], version }, numbers);
        const read = parseNpy({ name: "f", content });
        assert.deepEqual([read.shape, Array.from(read.values)], [[2, 3], numbers], order + type);
      }
    }
  }
  const bools = npyBytes({ descr: "|b1", shape: [3] }, Uint8Array.of(1, 0, 1));
  assert.deepEqual(parseNpy({ name: "f", content: bools }).values, Uint8Array.of(1, 0, 1));
});

test("bytes stay bytes and float32 stays float32, all else becomes float64", () => {
  const expected = { "|u1": Uint8Array, "<f4": Float32Array, ">i4": Float64Array };
  for (const [descr, type] of Object.entries(expected)) {
    const { values } = parseNpy({ name: "f", content: npy({ descr, shape: [1] }, [3]) });
    assert.equal(values.constructor, type);
  }
});

test("Fortran order comes out in C order, in two and in four dimensions", () => {
  for (const shape of [[2, 3], [2, 3, 4, 5]]) {
    const size = shape.reduce((a, b) => a * b);
    // The number at an index is the index itself, read as a mixed-radix number in C order.
    const numbers: number[] = [];
    for (let place = 0; place < size; place++) {
      let rest = place;
      let [value, stride] = [0, size];
      for (const extent of shape) {
        stride /= extent;
        value += (rest % extent) * stride;
        rest = Math.floor(rest / extent);
      }
      numbers.push(value);
    }
    const content = npy({ descr: "<i4", shape, isFortran: true }, numbers);
    const expected = numbers.map((_, index) => index);
    assert.deepEqual(Array.from(parseNpy({ name: "f", content }).values), expected);
  }
});

test(".npy files that are cut, padded, of another type or no .npy are refused", () => {
  const good = npyOf([2, 2], [1, 2, 3, 4]);
  const big = npyBytes({ descr: "<i8", shape: [1] }, new Uint8Array(8).fill(0x7f));
  const cases: [Uint8Array, RegExp][] = [
    [good.subarray(0, -1), /^f: truncated: shape \(2, 2\) of type f8 needs 160 bytes, got 159$/],
    [Buffer.concat([good, Buffer.alloc(3)]), /^f: too long: shape/],
    [good.subarray(0, 40), /^f: header .* expected descr/],
    [Buffer.from("a,b\n1,2\nmore text"), /^f: not a \.npy file/],
    [new Uint8Array(0), /^f: not a \.npy file/],
    [npyBytes({ descr: "<c16", shape: [1] }, new Uint8Array(16)), /type c16: expected one of b1/],
    [npyBytes({ descr: "|O", shape: [1] }, new Uint8Array(16)), /type O: expected one of/],
    [big, /element 0: 9187201950435737471: expected integers below 2\^53/],
  ];
  for (const [content, message] of cases) {
    assert.throws(() => parseNpy({ name: "f", content }), { name: "UserError", message });
  }
});

test("an .npz gives its arrays by name, stored or deflated", () => {
  const arrays = { "x.npy": npyOf([2], [1, 2]), "y.npy": npyOf([3], [3, 4, 5]) };
  for (const level of [0, 6] as const) {
    const file = { name: "a.npz", content: zipSync(arrays, { level }) };
    assert.deepEqual([...parseNpy(openNpzMember(file, "x")).values], [1, 2]);
    assert.deepEqual([...parseNpy(openNpzMember(file, "y.npy")).values], [3, 4, 5]);
    assert.throws(() => openNpzMember(file, "z"), {
      name: "UserError",
      message: "a.npz: no array z: expected a.npz#NAME, one of x, y",
    });
    assert.throws(() => openNpzMember(file, null), /which array\?: expected a\.npz#NAME/);
  }
  const only = { name: "a.npz", content: zipSync({ "x.npy": npyOf([1], [7]) }) };
  assert.deepEqual([...parseNpy(openNpzMember(only, null)).values], [7]);
});

test("an .npz with any byte of a member flipped, or cut anywhere, is refused", () => {
  const numbers = Array.from({ length: 40 }, (_, index) => Math.sqrt(index));
  for (const level of [0, 9] as const) {
    const whole = zipSync({ "x.npy": npyOf([40], numbers) }, { level });
    for (let at = 36; at < 160; at += 5) {
      const content = whole.slice();
      content[at]! ^= 0x10;
      assert.throws(() => openNpzMember({ name: "a", content }, "x"), UserError, `byte ${at}`);
    }
    for (let size = 0; size < whole.length; size += 7) {
      const content = whole.slice(0, size);
      assert.throws(() => openNpzMember({ name: "a", content }, "x"), { name: "UserError" });
    }
  }
});

test("a CSV is read with and without names, with CRLF, byte order mark and blank lines", () => {
  const plain = parseCsv(csv("1,2\n3,4.5e1\n"));
  assert.deepEqual([plain.rows, plain.columns, plain.names], [2, 2, null]);
  assert.deepEqual([...plain.values], [1, 2, 3, 45]);
  const named = parseCsv(csv('\uFEFFa,"b c"\r\n-1, 2\r\n\r\n+3,.5\r\n'));
  assert.deepEqual([named.rows, named.names], [2, ["a", "b c"]]);
  assert.deepEqual([...named.values], [-1, 2, 3, 0.5]);
});

test("what is no finite number in a CSV is refused with its line and column", () => {
  const cases: [string, RegExp][] = [
    ["1,2\n3,x\n", /^f\.csv: line 2, column 2: expected a finite number, got "x"$/],
    ["a,b\n1,2\n\n3,\n", /^f\.csv: line 4, column 2: expected a finite number, got ""$/],
    ["1,NaN\n", /line 1, column 2: expected a finite number, got "NaN"/],
    ["1,2\n0x10,2\n", /line 2, column 1: expected a finite number, got "0x10"/],
    ["1,2\n1e999,2\n", /line 2, column 1/],
    ["1,2\n1,2,3\n", /^f\.csv: line 2: 3 fields: expected 2 as in the first line$/],
    ["a,b\n", /^f\.csv: no rows of numbers$/],
    ["", /^f\.csv: no rows of numbers$/],
    ['1,2\n"3,4\n', /^f\.csv: /],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseCsv(csv(text)), { name: "UserError", message });
  }
});

test("labels come from a column, which is then no feature", () => {
  const file = csv("a,label,b\n1,0,2\n3,1,4\n");
  for (const name of ["label", "1"]) {
    const labels = referenceOf(`f.csv#${name}`);
    assert.deepEqual([...parseLabels(file, labels)], [0, 1]);
    const features = parseFeatures(file, referenceOf("f.csv"), labels);
    assert.deepEqual([features.rows, features.rowShape], [2, [2]]);
    assert.deepEqual([...features.values], [1, 2, 3, 4]);
  }
  assert.throws(() => parseLabels(file, referenceOf("f.csv#c")), {
    name: "UserError",
    message: "f.csv#c: no such column: expected 0 to 2 or one of a, label, b",
  });
  assert.throws(() => parseLabels(file, referenceOf("f.csv")), /a row, or f\.csv#COLUMN$/);
});

test("labels that are no class number are refused with their row", () => {
  assert.deepEqual([...labelsOf([2, 0, 1])()], [2, 0, 1]);
  assert.throws(labelsOf([0, 1, -1]), /^UserError: y\.npy: row 2: label -1: expected 0 to 99999/);
  assert.throws(labelsOf([0.5]), /row 0: label 0\.5/);
  assert.throws(labelsOf([0, Number.NaN]), /row 1: label NaN/);
  assert.throws(labelsOf([1e9]), /row 0: label 1000000000/);
});

test("features keep their image shape, and the first number not finite is named", () => {
  assert.deepEqual(featuresOf([1, 2, 3], [1, 2, 3, 4, 5, 6]).rowShape, [2, 3]);
  assert.throws(() => featuresOf([2, 2], [1, 2, 3, Infinity]), {
    name: "UserError",
    message: "x.npy: row 1, column 1: Infinity: expected a finite number",
  });
  assert.throws(() => featuresOf([4], [1, 2, 3, 4]), /shape \(4\): expected \(n, d\) or/);
  assert.throws(() => featuresOf([0, 4], []), /holds no numbers/);
});

test("a vector is read from every format, gzipped or not", () => {
  const file = npyOf([1, 3], [1, -2, 3]);
  const text = Buffer.from("1\n-2\n3\n");
  for (const [name, bytes] of [
    ["v.npy", file],
    ["v.npy.gz", gzipSync(file)],
    ["v.npz#v", zipSync({ "v.npy": file })],
    ["v.csv", text],
    ["v.csv.gz", gzipSync(text)],
    ["t.csv#b", Buffer.from("a,b\n0,1\n0,-2\n0,3\n")],
  ] as const) {
    assert.deepEqual(parseVector(name, bytes), Float64Array.of(1, -2, 3), name);
  }
  assert.throws(() => parseVector("v.txt", text), /v\.txt: expected a file named \.npy/);
});
