// Whatever bytes a file holds, a reader gives numbers or one line for the user, nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { zipSync } from "fflate";
import { parseFeatures, parseLabels, referenceOf } from "../../data/array-file.ts";
import { CIFAR10_LABELS, parseCifar } from "../../data/cifar.ts";
import { type NamedBytes, unpackSync } from "../../data/files.ts";
import { parseIdxImages, parseIdxLabels } from "../../data/idx.ts";
import { UserError } from "../../schema/failure.ts";
import { cifarBytes, idxBytes, npyOf, pattern } from "../support/data-bytes.ts";

const numbers = Array.from({ length: 24 }, (_, index) => Math.sqrt(index));
const npy = npyOf([6, 4], numbers);
const features = (path: string) => (file: NamedBytes) =>
  parseFeatures(file, referenceOf(path), referenceOf("labels.csv"));

interface Reader {
  readonly good: Uint8Array;
  readonly read: (file: NamedBytes) => unknown;
}

const READERS: Readonly<Record<string, Reader>> = {
  "idx images": { good: idxBytes([3, 2, 5], pattern(30)), read: parseIdxImages },
  "idx labels": { good: idxBytes([3], Uint8Array.of(7, 0, 9)), read: parseIdxLabels },
  cifar: { good: cifarBytes([[3], [9]]), read: (file) => parseCifar(file, CIFAR10_LABELS) },
  npy: { good: npy, read: features("x.npy") },
  "npz, stored": { good: zipSync({ "x.npy": npy }, { level: 0 }), read: features("x.npz#x") },
  "npz, deflated": { good: zipSync({ "x.npy": npy }, { level: 9 }), read: features("x.npz") },
  csv: { good: Buffer.from("a,b\n1,2\n3,4.5\n"), read: features("x.csv") },
  labels: {
    good: Buffer.from("a,b\n1,2\n3,4\n"),
    read: (file) => parseLabels(file, referenceOf("x.csv#b")),
  },
  gzip: { good: gzipSync(npy), read: ({ name, content }) => unpackSync(name, content) },
};

/** Up to four bytes changed, and perhaps the end cut off or something appended. */
const damage = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
  cut: fc.option(fc.nat()),
  tail: fc.uint8Array({ maxLength: 8 }),
});

function damaged(good: Uint8Array, how: typeof damage extends fc.Arbitrary<infer T> ? T : never) {
  const bytes = good.slice(0, how.cut === null ? good.length : how.cut % (good.length + 1));
  for (const [at, value] of how.changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
  return Buffer.concat([bytes, how.tail]);
}

for (const [name, { good, read }] of Object.entries(READERS)) {
  const readOrRefuse = (content: Uint8Array) => {
    try {
      read({ name: "file", content });
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, /^[^\n]+$/);
    }
  };

  test(`${name}: a damaged file is read or refused in one line`, () => {
    read({ name: "file", content: good });
    const holds = fc.property(damage, (how) => readOrRefuse(damaged(good, how)));
    fc.assert(holds, { seed: 20260131, numRuns: 400 });
  });

  test(`${name}: arbitrary bytes are read or refused in one line`, () => {
    const holds = fc.property(fc.uint8Array({ maxLength: 200 }), readOrRefuse);
    fc.assert(holds, { seed: 20260131, numRuns: 100 });
  });
}
