import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { CIFAR100_LABELS, CIFAR10_LABELS, parseCifar } from "../../data/cifar.ts";
import { findFile, folderFiles, memoryFiles, openFile } from "../../data/files.ts";
import { parseIdxImages, parseIdxLabels } from "../../data/idx.ts";
import { cifarBytes, idxBytes, pattern } from "../support/data-bytes.ts";
import { sharedData, skipWithout } from "../support/shared.ts";

function countsOf(labels: Iterable<number>): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const label of labels) counts[label]!++;
  return counts;
}

const images = idxBytes([3, 2, 5], pattern(30));
const labels = idxBytes([3], Uint8Array.of(7, 0, 9));

test("IDX images and labels come out as they were written", () => {
  const read = parseIdxImages({ name: "i", content: images });
  assert.deepEqual([read.rows, read.height, read.width], [3, 2, 5]);
  assert.deepEqual([...read.pixels], [...pattern(30)]);
  assert.deepEqual([...parseIdxLabels({ name: "l", content: labels })], [7, 0, 9]);
});

test("IDX images handed over as a slice of a larger buffer are read from the slice", () => {
  const content = Buffer.concat([Buffer.alloc(3, 255), images, Buffer.alloc(3)]);
  const slice = content.subarray(3, 3 + images.length);
  assert.deepEqual([...parseIdxImages({ name: "i", content: slice }).pixels], [...pattern(30)]);
});

test("IDX files of the wrong kind or size are refused in one line", () => {
  const cases: [Uint8Array, RegExp][] = [
    [labels, /^f\.gz: expected magic 2051, got 2049 \(a labels file\?\)$/],
    [Buffer.from("<!DOCTYPE html><html>"), /^f\.gz: expected magic 2051, got 1008813135$/],
    [images.subarray(0, 45), /^f\.gz: truncated: 3 images of 2×5 need 46 bytes, got 45$/],
    [Buffer.concat([images, Buffer.alloc(1)]), /too long: 3 images of 2×5 need 46 bytes, got 47/],
    [images.subarray(0, 9), /^f\.gz: 9 bytes: expected an IDX header of 16 bytes and data$/],
    [idxBytes([0, 28, 28], new Uint8Array(0)), /^f\.gz: 0 images of 28×28/],
  ];
  for (const [content, message] of cases) {
    assert.throws(() => parseIdxImages({ name: "f.gz", content }), { name: "UserError", message });
  }
  assert.throws(() => parseIdxLabels({ name: "f", content: images }), /2049, got 2051 \(an images/);
});

test("CIFAR planes become channel-last pixels", () => {
  const content = cifarBytes([[3], [9]]);
  const { rows, labels, pixels } = parseCifar({ name: "c", content }, CIFAR10_LABELS);
  assert.equal(rows, 2);
  assert.deepEqual(labels.map((column) => Array.from(column)), [[3, 9]]);
  for (const [row, y, x, channel] of [[0, 0, 0, 0], [0, 31, 31, 2], [1, 4, 17, 1]] as const) {
    const planar = row * 3073 + 1 + channel * 1024 + y * 32 + x;
    assert.equal(pixels[((row * 32 + y) * 32 + x) * 3 + channel], content[planar]);
  }
});

test("CIFAR-100 records give both labels, and either is checked", () => {
  const good = { name: "c", content: cifarBytes([[19, 99], [0, 1]]) };
  const { labels } = parseCifar(good, CIFAR100_LABELS);
  assert.deepEqual(labels.map((column) => Array.from(column)), [[19, 0], [99, 1]]);
  const coarse = { name: "train.bin", content: cifarBytes([[0, 1], [20, 3]]) };
  assert.throws(() => parseCifar(coarse, CIFAR100_LABELS), {
    name: "UserError",
    message: "train.bin: record 1: coarse label 20: expected 0 to 19",
  });
  const fine = { name: "train.bin", content: cifarBytes([[0, 100]]) };
  assert.throws(() => parseCifar(fine, CIFAR100_LABELS), /0: fine label 100: expected 0 to 99/);
});

test("a CIFAR file of part of a record, or of none, is refused", () => {
  const message = /expected a whole number of records of 3073 bytes/;
  for (const size of [0, 3072, 6145]) {
    const file = { name: "data_batch_1.bin", content: new Uint8Array(size) };
    assert.throws(() => parseCifar(file, CIFAR10_LABELS), { name: "UserError", message });
  }
});

test("a gzipped twin is found and unpacked, and recorded as it is stored", async () => {
  const plain = await openFile(memoryFiles("here", new Map([["x", images]])), "x");
  const packed = await openFile(memoryFiles("here", new Map([["x.gz", gzipSync(images)]])), "x");
  assert.deepEqual([plain.name, packed.name], ["x", "x.gz"]);
  assert.deepEqual(Buffer.from(packed.content), Buffer.from(plain.content));
  assert.equal(plain.record.sha256, createHash("sha256").update(images).digest("hex"));
  assert.notEqual(packed.record.sha256, plain.record.sha256);
  assert.equal(packed.record.bytes, gzipSync(images).length);
});

test("a truncated gzip and an absent file are refused, naming file and place", async () => {
  const cut = gzipSync(images).subarray(0, 20);
  const files = memoryFiles("the cache", new Map([["x.gz", cut]]));
  await assert.rejects(openFile(files, "x"), {
    name: "UserError",
    message: /^x\.gz: truncated or corrupt gzip of 20 bytes/,
  });
  await assert.rejects(openFile(files, "y", "do this"), {
    message: "y: not in the cache (nor as .gz): do this",
  });
  assert.equal(await findFile(folderFiles("/nowhere/at/all"), "y"), null);
  await assert.rejects(openFile(folderFiles("/"), "tmp"), /cannot read \/tmp: EISDIR/);
});

test("the real MNIST test files hold the published counts of each digit", {
  skip: skipWithout("mnist"),
}, async () => {
  const folder = sharedData("mnist") ?? "";
  const md5 = (name: string) =>
    createHash("md5").update(readFileSync(join(folder, name))).digest("hex");
  assert.equal(md5("t10k-images-idx3-ubyte.gz"), "9fb629c4189551a2d022fa330f9573f3");
  assert.equal(md5("t10k-labels-idx1-ubyte.gz"), "ec29112dd5afa0611ce80d1b7f02629c");
  const files = folderFiles(folder);
  const read = parseIdxImages(await openFile(files, "t10k-images-idx3-ubyte"));
  assert.deepEqual([read.rows, read.height, read.width], [10_000, 28, 28]);
  const labels = parseIdxLabels(await openFile(files, "t10k-labels-idx1-ubyte"));
  assert.deepEqual(countsOf(labels), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
});

test("the real CIFAR-10 records have even classes and neighbouring pixels that agree", {
  skip: skipWithout("cifar-10-batches-bin"),
}, async () => {
  const files = folderFiles(sharedData("cifar-10-batches-bin") ?? "");
  const { rows, labels, pixels } = parseCifar(
    await openFile(files, "test_batch.bin"), CIFAR10_LABELS);
  assert.equal(rows, 1000);
  assert.deepEqual(countsOf(labels[0] ?? []), Array.from({ length: 10 }, () => 100));
  // In a photograph a pixel resembles the next one of its channel; wrongly ordered bytes do not.
  const difference = (step: number) => {
    let sum = 0;
    for (let at = step; at < pixels.length; at += 7) {
      sum += Math.abs(pixels[at]! - pixels[at - step]!);
    }
    return sum;
  };
  assert.ok(difference(3) < 0.6 * difference(1500));
  assert.ok(difference(96) < 0.6 * difference(1500));
});
