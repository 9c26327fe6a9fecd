import assert from "node:assert/strict";
import { test } from "node:test";
import { zipSync } from "fflate";
import { memoryFiles } from "../../data/files.ts";
import {
  basesLeft,
  dataFolder,
  loadData,
  openData,
} from "../../data/source.ts";
import { DataDescription, DataSpec } from "../../schema/data.ts";
import {
  cifarBytes,
  gzipped,
  idxBytes,
  mnistFiles,
  npyBytes,
  npyOf,
  pattern,
} from "../support/data-bytes.ts";
import { sharedData, skipWithout } from "../support/shared.ts";

const specOf = (spec: object) => DataSpec.parse({ train: 10, test: 5, ...spec });

async function describe(spec: object, files: ReadonlyMap<string, Uint8Array>) {
  const { description } = await openData(specOf(spec), memoryFiles("memory", files));
  return DataDescription.parse(description);
}

async function refused(spec: object, files: ReadonlyMap<string, Uint8Array>, message: string) {
  await assert.rejects(describe(spec, files), { name: "UserError", message });
}

const mnist = mnistFiles(40, 20);
const without = (...names: string[]) =>
  new Map([...mnist].filter(([name]) => !names.includes(name)));

test("MNIST is described by its files, rows, classes and shape", async () => {
  const description = await describe({ source: "mnist" }, mnist);
  const { dimension, classes, image, trainRows, testRows, shared, files } = description;
  assert.deepEqual([dimension, classes, image], [784, 10, [28, 28, 1]]);
  assert.deepEqual([trainRows, testRows, shared], [40, 20, false]);
  assert.deepEqual(files.map((file) => [file.path, file.bytes]), [
    ["train-images-idx3-ubyte", 31_376], ["train-labels-idx1-ubyte", 48],
    ["t10k-images-idx3-ubyte", 15_696], ["t10k-labels-idx1-ubyte", 28],
  ]);
  assert.equal(basesLeft(specOf({ source: "mnist" }), description), 30);
});

test("the fingerprint sees a changed pixel, label, shape or selection, but no gzip", async () => {
  const whole = await describe({ source: "mnist" }, mnist);
  const packed = await describe({ source: "mnist" }, gzipped(mnist));
  assert.equal(packed.fingerprint, whole.fingerprint);
  assert.notDeepEqual(packed.files, whole.files);
  const changed = async (name: string, at: number) => {
    const bytes = Uint8Array.from(mnist.get(name) ?? []);
    bytes[at] = (bytes[at]! + 1) % 10;
    return describe({ source: "mnist" }, new Map(mnist).set(name, bytes));
  };
  const reshaped = new Map(mnist)
    .set("train-images-idx3-ubyte", idxBytes([40, 14, 56], pattern(40 * 784)))
    .set("t10k-images-idx3-ubyte", idxBytes([20, 14, 56], pattern(20 * 784, 101)));
  const others = [
    whole,
    await changed("train-images-idx3-ubyte", 500),
    await changed("t10k-labels-idx1-ubyte", 9),
    await describe({ source: "mnist" }, reshaped),
    await describe({ source: "mnist", classes: [0, 1, 2, 3, 4] }, mnist),
    await describe({ source: "mnist", classes: [0, 1, 2, 4, 3] }, mnist),
    await describe({ source: "mnist", split: "test" }, mnist),
  ];
  assert.equal(new Set(others.map((one) => one.fingerprint)).size, others.length);
});

test("a fingerprint other than the study's refuses to load", async () => {
  const files = memoryFiles("the cache", mnist);
  const { fingerprint } = (await openData(specOf({ source: "mnist" }), files)).description;
  await loadData(specOf({ source: "mnist" }), files, fingerprint);
  await assert.rejects(loadData(specOf({ source: "mnist" }), files, "0".repeat(64)), {
    name: "UserError",
    message: /^data: the cache holds rows of fingerprint [0-9a-f]{12}, the study was planned on 0/,
  });
});

test("missing MNIST files are refused with the way to get them", async () => {
  await refused({ source: "mnist" }, without("train-images-idx3-ubyte"),
    "train-images-idx3-ubyte: not in memory (nor as .gz): nearclone data fetch mnist, or name " +
    "their folder in data.directory; with split: test all rows come from the test file");
  await refused({ source: "mnist", split: "test" }, without("t10k-labels-idx1-ubyte"),
    "t10k-labels-idx1-ubyte: not in memory (nor as .gz): nearclone data fetch mnist, or name " +
    "their folder in data.directory");
  const testOnly = without("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
  const description = await describe({ source: "mnist", split: "test" }, testOnly);
  assert.deepEqual([description.trainRows, description.testRows], [20, 20]);
  assert.equal(description.shared, true);
  assert.equal(basesLeft(specOf({ source: "mnist" }), description), 5);
});

test("MNIST files that do not fit each other are refused", async () => {
  const short = idxBytes([39], new Uint8Array(39));
  await refused({ source: "mnist" }, new Map(mnist).set("train-labels-idx1-ubyte", short),
    "train-images-idx3-ubyte has 40 images, train-labels-idx1-ubyte has 39 labels: " +
    "expected as many");
  const labels = idxBytes([40], new Uint8Array(40).fill(1).fill(10, 17, 18));
  await refused({ source: "mnist" }, new Map(mnist).set("train-labels-idx1-ubyte", labels),
    "train-labels-idx1-ubyte: row 17: label 10: expected 0 to 9");
  const small = idxBytes([40, 2, 2], new Uint8Array(160));
  await refused({ source: "mnist" }, new Map(mnist).set("train-images-idx3-ubyte", small),
    "train-images-idx3-ubyte: images of 2×2, t10k-images-idx3-ubyte: of 28×28: expected one size");
});

test("more rows than there are, and classes that are not there, are refused", async () => {
  const packed = gzipped(mnist);
  await refused({ source: "mnist", train: 70_000 }, packed,
    "data.train: 70000 rows asked, train-images-idx3-ubyte.gz holds 40");
  await refused({ source: "mnist", test: 21 }, packed,
    "data.test: 21 rows asked, t10k-images-idx3-ubyte.gz holds 20");
  await refused({ source: "mnist", train: 16, split: "test" }, packed,
    "data.train + data.test: 16 + 5 rows asked, t10k-images-idx3-ubyte.gz holds 20 for both");
  await refused({ source: "mnist", classes: [3, 4], train: 9 }, mnist,
    "data.train: 9 rows asked, train-images-idx3-ubyte of classes 3, 4 holds 8");
  await refused({ source: "mnist", classes: [3, 10] }, mnist,
    "data.classes[1]: 10: expected a class from 0 to 9");
  await refused({ source: "cifar100", classes: [0, 1], split: "test" },
    new Map([["test.bin", cifarBytes([[3, 0]])]]),
    "data.classes[1]: 1: no row of test.bin of classes 0, 1");
  assert.throws(() => specOf({ source: "mnist", classes: [3, 3] }), /expected each class once/);
});

test("CIFAR-10 takes the batches that are there, and records them", async () => {
  const ten = cifarBytes(Array.from({ length: 10 }, (_, label) => [label]));
  const names = ["data_batch_2.bin", "data_batch_4.bin", "test_batch.bin"];
  const files = new Map(names.map((name) => [name, ten]));
  const description = await describe({ source: "cifar10" }, files);
  assert.deepEqual([description.trainRows, description.image], [20, [32, 32, 3]]);
  assert.deepEqual(description.files.map((file) => file.path), names);
  await refused({ source: "cifar10", train: 21 }, files,
    "data.train: 21 rows asked, data_batch_2.bin, data_batch_4.bin holds 20");
  files.delete("data_batch_2.bin");
  files.delete("data_batch_4.bin");
  await assert.rejects(describe({ source: "cifar10" }, files), /data_batch_1\.bin: not in memory/);
});

test("CIFAR-100 gives fine or coarse classes from the same file", async () => {
  const rows = Array.from({ length: 20 }, (_, row) => [row, 99 - row]);
  const files = new Map([["train.bin", cifarBytes(rows)], ["test.bin", cifarBytes(rows)]]);
  for (const [labels, classes, label] of [["fine", 100, 92], ["coarse", 20, 7]] as const) {
    const spec = specOf({ source: "cifar100", labels });
    const { description, pool } = await openData(spec, memoryFiles("memory", files));
    assert.equal(description.classes, classes);
    const shared = pool.share();
    assert.ok(shared.kind === "rows");
    assert.equal(shared.train.labels[7], label);
  }
});

const square = npyOf([4, 2, 2], Array.from({ length: 16 }, (_, index) => index));
const named = { train_features: "x.npy", train_labels: "y.csv" };
const arrays = { source: "arrays", train: 2, test: 1, ...named };
const arrayFiles = new Map([["x.npy", square], ["y.csv", Buffer.from("0\n1\n0\n1\n")]]);

test("arrays are drawn as stored, with the image shape of the file", async () => {
  const spec = specOf(arrays);
  const { description, pool } = await openData(spec, memoryFiles("memory", arrayFiles));
  assert.deepEqual(
    [description.dimension, description.classes, description.image, description.shared],
    [4, 2, [2, 2, 1], true]);
  const { train } = pool.draw({ train: 4, test: 0, bases: 0 }, 1);
  for (let row = 0; row < 4; row++) {
    const first = train.features[4 * row]!;
    assert.deepEqual([...train.features.subarray(4 * row, 4 * row + 4)],
      [first, first + 1, first + 2, first + 3]);
    assert.equal(train.labels[row], (first / 4) % 2);
  }
});

test("bytes of one's own are not scaled", async () => {
  const bytes = npyBytes({ descr: "|u1", shape: [4, 1] }, Uint8Array.of(0, 10, 200, 255));
  const files = memoryFiles("memory", new Map(arrayFiles).set("x.npy", bytes));
  const pool = await loadData(specOf(arrays), files);
  const { train } = pool.draw({ train: 4, test: 0, bases: 0 }, 1);
  assert.deepEqual([...train.features].toSorted((a, b) => a - b), [0, 10, 200, 255]);
});

test("the same arrays have one fingerprint in .npy, .npz and CSV", async () => {
  const flat = npyOf([4, 4], Array.from({ length: 16 }, (_, index) => index));
  const labels = npyOf([4], [0, 1, 0, 1]);
  const text = "a,b,c,d,y\n0,1,2,3,0\n4,5,6,7,1\n8,9,10,11,0\n12,13,14,15,1\n";
  const files = new Map<string, Uint8Array>([
    ["x.npy", flat], ["y.npy", labels], ["all.csv", Buffer.from(text)],
    ["all.npz", zipSync({ "x.npy": flat, "y.npy": labels })],
  ]);
  const prints = await Promise.all([
    ["x.npy", "y.npy"], ["all.npz#x", "all.npz#y"], ["all.csv", "all.csv#y"],
    ["all.csv", "all.csv#4"],
  ].map(async ([train_features, train_labels]) =>
    (await describe({ ...arrays, train_features, train_labels }, files)).fingerprint));
  assert.equal(new Set(prints).size, 1);
});

test("arrays that do not fit each other are refused", async () => {
  const three = new Map(arrayFiles).set("y.csv", Buffer.from("0\n1\n0\n"));
  await refused(arrays, three, "x.npy has 4 rows, y.csv has 3 labels: expected as many");
  const gap = new Map(arrayFiles).set("y.csv", Buffer.from("1\n2\n1\n2\n"));
  await refused(arrays, gap, "x.npy: labels up to 2, but no row of class 0: " +
    "expected every class, or those to use in data.classes");
  const chosen = await describe({ ...arrays, classes: [1, 2] }, gap);
  assert.equal(chosen.classes, 2);
  await refused({ ...arrays, image: [4, 1, 1] }, arrayFiles,
    "data.image: [4, 1, 1]: x.npy holds [2, 2, 1]");
  const zeros = Array.from({ length: 12 }, () => 0);
  const flat = new Map(arrayFiles).set("x.npy", npyOf([4, 3], zeros));
  await refused({ ...arrays, image: [2, 2, 1] }, flat,
    "data.image: [2, 2, 1] has 4 values, a row of x.npy has 3");
  const apart = { ...arrays, test_features: "t.npy", test_labels: "y.csv" };
  await refused(apart, new Map(flat).set("t.npy", square),
    "t.npy: rows of shape (2, 2), x.npy: of (3): expected one shape");
  assert.throws(() => specOf({ ...arrays, test_features: "t.npy" }), /expected beside test_f/);
  await refused(apart, arrayFiles, "t.npy: not in memory (nor as .gz)");
});

test("generators are described without files and know their classes", async () => {
  const gaussian = await describe({ source: "gaussian", dimension: 7, mean_norm: 2 }, new Map());
  assert.deepEqual(
    [gaussian.dimension, gaussian.classes, gaussian.image, gaussian.trainRows], [7, 2, null, null]);
  const glyphs = await describe({ source: "glyphs", classes: [3, 5, 8] }, new Map());
  assert.deepEqual([glyphs.dimension, glyphs.classes, glyphs.image], [784, 3, [28, 28, 1]]);
  assert.equal(basesLeft(specOf({ source: "glyphs" }), glyphs), Infinity);
  await refused({ source: "glyphs", classes: [3, 12] }, new Map(),
    "data.classes[1]: 12: expected a class from 0 to 9");
  const louder = await describe({ source: "glyphs", classes: [3, 5, 8], noise: 0.1 }, new Map());
  assert.notEqual(louder.fingerprint, glyphs.fingerprint);
});

test("paths start at the study file, official sets without a directory at the cache", () => {
  const places = { study: "/s", cache: "/c" };
  const folder = (spec: object) => dataFolder(specOf(spec), places);
  assert.equal(folder({ source: "mnist" }), "/c/mnist");
  assert.equal(folder({ source: "cifar10", directory: "../d" }), "/d");
  assert.equal(folder(arrays), "/s");
});

test("real MNIST test files split into disjoint train and test rows", {
  skip: skipWithout("mnist"),
}, async () => {
  const spec = specOf({ source: "mnist", split: "test", train: 8000, test: 2000 });
  const { description, pool } = await openData(spec, sharedData("mnist") ?? "");
  assert.equal(description.trainRows, 10_000);
  const { train, test } = pool.draw({ train: 8000, test: 2000, bases: 0 }, 1);
  const counts = Array.from({ length: 10 }, () => 0);
  for (const { labels } of [train, test]) for (const label of labels) counts[label]!++;
  assert.deepEqual(counts, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  const official = specOf({ source: "mnist" });
  await assert.rejects(openData(official, sharedData("mnist") ?? ""), /with split: test/);
});

test("real CIFAR-10 and digits files are described", {
  skip: skipWithout("cifar-10-batches-bin") || skipWithout("digits"),
}, async () => {
  const { description: cifar } = await openData(
    specOf({ source: "cifar10", train: 5000, test: 1000 }),
    sharedData("cifar-10-batches-bin") ?? "");
  assert.deepEqual([cifar.trainRows, cifar.testRows, cifar.classes], [5000, 1000, 10]);
  const { description: digits } = await openData(
    specOf({ source: "arrays", train_features: "digits.csv", train_labels: "digits.csv#64",
      image: [8, 8, 1] }),
    sharedData("digits") ?? "");
  assert.deepEqual([digits.trainRows, digits.dimension, digits.classes], [1797, 64, 10]);
});
