// What makes two studies the same, and which field is named where they are not.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import type { DataDescription } from "../../schema/data.ts";
import { canonicalJson, firstDifference, identityOf, studyKeyOf } from "../../schema/identity.ts";
import { parseStudy, type StudySpec } from "../../schema/study.ts";

const BASE = {
  name: "base",
  experiment: "krr",
  data: { source: "mnist", train: 50, test: 20 },
  attack: { kind: "clones", trigger: { kind: "cross" } },
  kernel: "rbf",
  fixed: { poison_count: 3 },
  axes: { length_scale: [1, 2, 4], ridge: { linear: [1, 3], steps: 3 } },
};
const DATA: DataDescription = {
  fingerprint: "ab".repeat(32),
  dimension: 784,
  classes: 10,
  image: [28, 28, 1],
  trainRows: 60_000,
  testRows: 10_000,
  shared: false,
  files: [],
};

function specOf(changes: object): StudySpec {
  const parsed = parseStudy({ ...BASE, ...changes });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.spec;
}

const identity = identityOf(specOf({}), DATA);

const SAME: Record<string, object> = {
  "another name": { name: "other" },
  "a description": { description: "words" },
  "another cut into jobs": { job_points: 7 },
  "another folder of the same files": { data: { ...BASE.data, directory: "elsewhere" } },
  "a default spelled out": { seed: 0, ridge_scaling: "clean_n" },
  "a parameter's fallback spelled out": { fixed: { poison_count: 3, target: 0 } },
  "a range as the list of its values": { axes: { length_scale: [1, 2, 4], ridge: [1, 2, 3] } },
  "fields in another order": {
    kernel: { name: "rbf" },
    fixed: { ...BASE.fixed },
    data: { test: 20, train: 50, source: "mnist" },
  },
};

const OTHER: Record<string, [object, string]> = {
  "the seed": [{ seed: 1 }, "seed is 0 there, 1 here"],
  "a value of an axis": [
    { axes: { ...BASE.axes, length_scale: [1, 2, 5] } },
    "axes.length_scale[2] is 4 there, 5 here",
  ],
  "the steps of an axis": [
    { axes: { ...BASE.axes, ridge: { linear: [1, 3], steps: 5 } } },
    "axes.ridge.steps is 3 there, 5 here",
  ],
  "the order of the axes": [
    { axes: { ridge: BASE.axes.ridge, length_scale: [1, 2, 4] } },
    "order of axes is length_scale, ridge there, ridge, length_scale here",
  ],
  "a fixed value": [{ fixed: { poison_count: 4 } }, "fixed.poison_count is 3 there, 4 here"],
  "the size of the data": [
    { data: { ...BASE.data, train: 51 } },
    "data.train is 50 there, 51 here",
  ],
  "a setting inside the attack": [
    { attack: { kind: "clones", trigger: { kind: "cross", width: 2 } } },
    "attack.trigger.width is 1 there, 2 here",
  ],
  "the kernel": [{ kernel: "laplace" }, 'kernel.name is "rbf" there, "laplace" here'],
};

for (const [what, changes] of Object.entries(SAME)) {
  test(`${what} makes no other study`, () => {
    assert.equal(identityOf(specOf(changes), DATA), identity);
  });
}

for (const [what, [changes, words]] of Object.entries(OTHER)) {
  test(`${what} makes another study, and is named`, () => {
    assert.notEqual(identityOf(specOf(changes), DATA), identity);
    const difference = firstDifference(specOf({}), specOf(changes));
    assert.equal(
      `${difference?.path} is ${difference?.stored} there, ${difference?.given} here`,
      words,
    );
  });
}

test("other data, or another version of the experiment, make another study", () => {
  assert.notEqual(identityOf(specOf({}), { ...DATA, fingerprint: "cd".repeat(32) }), identity);
  assert.notEqual(identityOf(specOf({}), DATA, 2), identity);
  assert.equal(firstDifference(specOf({}), specOf({})), null);
});

test("a trigger's file counts by its content where the data lists it, else by its path", () => {
  const spec = (file: string) =>
    specOf({ attack: { kind: "clones", trigger: { kind: "additive", file } } });
  const listed = (path: string, sha256: string) => ({
    ...DATA,
    files: [{ path, bytes: 1, sha256 }],
  });
  assert.equal(
    identityOf(spec("a.npy"), listed("a.npy", "x")),
    identityOf(spec("b.npy"), listed("b.npy", "x")),
  );
  assert.notEqual(
    identityOf(spec("a.npy"), listed("a.npy", "x")),
    identityOf(spec("a.npy"), listed("a.npy", "y")),
  );
  assert.notEqual(identityOf(spec("a.npy"), DATA), identityOf(spec("b.npy"), DATA));
});

test("the identity is the hash of this text; another one orphans every stored study", () => {
  const text =
    '{"axes":[["x",[1,2.5]],["replicate",[3,0]]],"data":null,"experiment":"noop","fields":{},' +
    '"fixed":{"y":-2},"seed":7,"version":1}';
  const parsed = parseStudy({
    name: "n",
    experiment: "noop",
    seed: 7,
    fixed: { y: -2 },
    axes: { x: [1, 2.5], replicate: { linear: [3, 0], steps: 2 } },
  });
  assert.ok(parsed.ok);
  assert.equal(identityOf(parsed.spec, null, 1), createHash("sha256").update(text).digest("hex"));
});

test("a key is the beginning of its identity", () => {
  assert.equal(studyKeyOf(identity), `st_${identity.slice(0, 16)}`);
});

test("canonical JSON sorts keys at every depth and keeps lists in order", () => {
  assert.equal(
    canonicalJson({ b: [2, { z: 1, y: null }], a: 'é"' }),
    '{"a":"é\\"","b":[2,{"y":null,"z":1}]}',
  );
});
