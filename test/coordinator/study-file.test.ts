import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { readStudyFile, readStudyFiles } from "../../coordinator/study-file.ts";
import { UserError } from "../../schema/failure.ts";

const folder = await mkdtemp(join(tmpdir(), "nearclone-study-"));
after(() => rm(folder, { recursive: true }));

const GOOD = `name: small
experiment: krr
data: { source: glyphs, train: 50, test: 20 }
attack:
  kind: clones
  trigger: { kind: cross }
kernel: rbf
fixed:
  poison_count: 3
axes:
  length_scale: [1, 2, 4]
  ridge: { log: [1e-6, 1], steps: 7 }
`;

async function read(text: string) {
  const file = join(folder, "study.yaml");
  await writeFile(file, text);
  return readStudyFile(file);
}

/** The lines of the complaint about GOOD with `from` replaced by `to`, without the folder. */
async function complaintAbout(from: string, to: string): Promise<string[]> {
  assert.ok(GOOD.includes(from), `the good file has no "${from}"`);
  const error = await read(GOOD.replace(from, to)).then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof UserError, `expected a UserError, got ${String(error)}`);
  return error.message.split("\n").map((line) => line.replace(`${folder}/`, ""));
}

test("a good file becomes a spec with its defaults spelled out", async () => {
  const { spec, folder: base } = await read(GOOD);
  assert.equal(base, folder);
  assert.equal(spec.experiment, "krr");
  assert.ok(spec.experiment === "krr");
  assert.deepEqual(spec.kernel, { name: "rbf", length_scale_unit: "absolute" });
  assert.equal(spec.ridge_scaling, "clean_n");
  assert.deepEqual(Object.keys(spec.axes), ["length_scale", "ridge"]);
});

const CASES: ReadonlyArray<readonly [string, string, string, RegExp]> = [
  ["a misspelt top-level key names its neighbour", "kernel:", "kernal:", /^study\.yaml:7: kernal: unknown key: did you mean kernel\?$/],
  ["a misspelt axis names its neighbour", "length_scale:", "lenght_scale:", /^study\.yaml:11: axes\.lenght_scale: unknown key: did you mean length_scale\?$/],
  ["a misspelt key in a block names its neighbour", "train: 50", "trian: 50", /^study\.yaml:3: data\.trian: unknown key: did you mean train\?$/],
  ["an unknown kernel lists the known ones", "kernel: rbf", "kernel: rfb", /^study\.yaml:7: kernel\.name: expected one of rbf, .*nngp, got "rfb": did you mean rbf\?$/],
  ["several kernels", "kernel: rbf", "kernel: [rbf, laplace]", /^study\.yaml:7: kernel: expected one kernel, .*separated by ---, got \["rbf","laplace"\]$/],
  ["a setting that is one of a few", "kernel: rbf", "kernel: { name: rbf, length_scale_unit: median }", /^study\.yaml:7: kernel\.length_scale_unit: expected one of absolute, median_distance, got "median"$/],
  ["a block without content", "kernel: rbf", "kernel: rbf\ncurvature:", /^study\.yaml:8: curvature: expected a block of settings, got nothing$/],
  ["a switch that is turned off", "kernel: rbf", "kernel: rbf\nintercept: false", /^study\.yaml:8: intercept: expected true, or none of it, got false$/],
  ["true as a bare word of a list", "kernel: rbf", "kernel: rbf\ncurvature: { labels: [true] }", /^study\.yaml:8: curvature\.labels\[0\]: expected "true" in quotes, .*, got true$/],
  ["a detector named twice", "kernel: rbf", "kernel: rbf\nscreening: { detectors: [scan, scan] }", /^study\.yaml:8: screening\.detectors: expected each detector once, got \["scan","scan"\]$/],
  ["an absent name", "name: small\n", "", /^study\.yaml:1: name: expected text, got nothing$/],
  ["a range of one step that leaves out its end", "steps: 7", "steps: 1", /^study\.yaml:12: axes\.ridge\.steps: expected at least 2 from 0\.000001 to 1, got 1: for one value write \[0\.000001\]$/],
  ["two kinds of range at once", "log: [1e-6, 1],", "log: [1e-6, 1], linear: [0, 1],", /^study\.yaml:12: axes\.ridge\.(log|linear): unknown key: it belongs to another kind of this block$/],
  ["a list outside its bounds", "train: 50", "train: 0", /^study\.yaml:3: data\.train: expected a number > 0, got 0$/],
  ["an empty axis", "[1, 2, 4]", "[]", /^study\.yaml:11: axes\.length_scale: expected at least 1 value, got \[\]$/],
  ["a non-finite value", "[1, 2, 4]", "[1, .inf]", /^study\.yaml:11: axes\.length_scale\[1\]: expected a finite number, got Infinity$/],
  ["a value that is not a number", "[1, 2, 4]", "[1, two]", /^study\.yaml:11: axes\.length_scale\[1\]: expected a number, got "two"$/],
  ["a value outside the domain says what would be right", "[1, 2, 4]", "[1, -2]", /^study\.yaml:11: axes\.length_scale\[1\]: expected a number > 0, got -2$/],
  ["a duplicate value says where it stood", "[1, 2, 4]", "[1, 2, 1]", /^study\.yaml:11: axes\.length_scale\[2\]: 1 stands at \[0\] already: values must differ$/],
  ["a rate of one", "poison_count: 3", "poison_rate: 1", /^study\.yaml:9: fixed\.poison_rate: expected a number ≥ 0 and < 1, got 1$/],
  ["both count and rate", "poison_count: 3", "poison_count: 3\n  poison_rate: 0.1", /poison_count is given too/],
  ["neither count nor rate", "poison_count: 3", "target: 1", /expected poison_count or poison_rate/],
  ["a fixed axis", "poison_count: 3", "poison_count: 3\n  ridge: 1", /^study\.yaml:10: fixed\.ridge: is an axis too/],
  ["a length scale without use", "kernel: rbf", "kernel: linear", /axes\.length_scale: kernel linear has no length scale/],
  ["an unknown experiment", "experiment: krr", "experiment: kr", /experiment: expected one of krr, linear, cnn, noop, got "kr": did you mean krr\?$/],
  ["a fractional count", "poison_count: 3", "poison_count: 2.5", /fixed\.poison_count: expected an integer ≥ 0/],
  ["a bad log range", "log: [1e-6, 1]", "log: [0, 1]", /^study\.yaml:12: axes\.ridge/],
  ["broken YAML", "kernel: rbf", "kernel: [rbf", /^study\.yaml:\d+: /],
];
for (const [title, from, to, expected] of CASES) {
  test(`${title}: one line with file, line and path`, async () => {
    const lines = await complaintAbout(from, to);
    assert.ok(lines.some((line) => expected.test(line)), lines.join("\n"));
  });
}

test("an absent file is one line", async () => {
  await assert.rejects(readStudyFile(join(folder, "none.yaml")), /none\.yaml: no such file/);
});

test("a file may hold several studies, as YAML documents; complaints name the line of the file", async () => {
  const file = join(folder, "several.yaml");
  const other = GOOD.replace("name: small", "name: other");
  await writeFile(file, `${GOOD}---\n${other}`);
  const studies = await readStudyFiles(file);
  assert.deepEqual(studies.map(({ spec }) => spec.name), ["small", "other"]);
  await assert.rejects(readStudyFile(file), /several\.yaml: expected one study, got 2: name one of small, other$/);
  await writeFile(file, `${GOOD}---\n${GOOD}`);
  await assert.rejects(readStudyFiles(file), /several\.yaml:14: name: small is the name of another study/);
  await writeFile(file, `${GOOD}---\n${other.replace("kernel:", "kernal:")}`);
  await assert.rejects(readStudyFiles(file), /several\.yaml:20: kernal: unknown key/);
  await writeFile(file, "");
  await assert.rejects(readStudyFiles(file), /several\.yaml:1: expected a study, got an empty file$/);
});
