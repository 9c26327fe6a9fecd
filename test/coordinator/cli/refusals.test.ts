// What a user got wrong: one line each, exit code 2, and nothing begun.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test, { after } from "node:test";
import { fakeShell } from "../../support/fake-context.ts";

const shell = await fakeShell();
after(() => shell.remove());

/** A study file with some lines of its own; `null` takes a block away. */
function studyText(changes: Readonly<Record<string, string>> = {}): string {
  const blocks: Record<string, string> = {
    name: "small",
    experiment: "krr",
    data: "{ source: glyphs, train: 50, test: 20 }",
    attack: "{ kind: clones, trigger: { kind: cross } }",
    kernel: "rbf",
    axes: "{ length_scale: [2], ridge: [0.1], poison_count: [0, 3] }",
    ...changes,
  };
  return Object.entries(blocks).map(([key, value]) => `${key}: ${value}\n`).join("");
}

const oneRow = "1,2\n3,4\n5,6\n7,8\n";
await shell.write("features.csv", oneRow);
await shell.write("labels.csv", "0\n1\n0\n1\n");
await shell.write("short.csv", "1,2,3\n");
await shell.write("t10k-images-idx3-ubyte", Buffer.from([0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28]));
await shell.write("t10k-labels-idx1-ubyte", Buffer.from([0, 0, 8, 1, 0, 0, 0, 0]));

const GAUSSIAN = "{ source: gaussian, train: 50, test: 20, dimension: 5, mean_norm: 1 }";
const ARRAYS = "{ source: arrays, train_features: features.csv, train_labels: labels.csv, train: 2, test: 1 }";

/** Each with the changes to the good study and the line that a user then reads. */
const CASES: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, RegExp]> = [
  ["a misspelt kernel", { kernel: "rfb" }, /^study\.yaml:5: kernel.*expected.*rbf/],
  ["a target that is no class", { fixed: "{ target: 10 }" },
    /^study\.yaml:7: fixed\.target: expected a class from 0 to 9, got 10$/],
  ["a target in a list that is no class", { axes: "{ length_scale: [2], ridge: [1], poison_count: [1], target: [0, 12] }" },
    /^study\.yaml:6: axes\.target\[1\]: expected a class from 0 to 9, got 12$/],
  ["a rate that realises nothing", { axes: "{ length_scale: [2], ridge: [1], poison_rate: [0, 0.001, 0.1] }" },
    /^study\.yaml:6: axes\.poison_rate\[1\]: rate 0\.001 of 50 training rows is no poison at all: expected 0, or at least 0\.0196 \(1 poison\)$/],
  ["a trigger beside the image", { attack: "{ kind: clones, trigger: { kind: patch, size: 5, row: 26 } }" },
    /^study\.yaml:4: attack\.trigger: trigger patch covers rows 26 to 30.*expected within 28 × 28 pixels$/],
  ["an image's trigger on rows that are none", { data: GAUSSIAN },
    /^study\.yaml:4: attack\.trigger: trigger cross needs image data: use additive$/],
  ["a trigger vector that is too long", { data: GAUSSIAN, attack: "{ kind: clones, trigger: { kind: additive, vector: [1, 2, 3, 4, 5, 6] } }" },
    /^study\.yaml:4: attack\.trigger: expected a vector of at most 5 numbers.*got 6$/],
  ["a trigger file of another length", { data: GAUSSIAN, attack: "{ kind: clones, trigger: { kind: additive, file: short.csv } }" },
    /^study\.yaml:4: attack\.trigger\.file: short\.csv: expected 5 numbers.*got 3$/],
  ["a trigger file that is not there", { data: GAUSSIAN, attack: "{ kind: clones, trigger: { kind: additive, file: none.npy } }" },
    /^study\.yaml:4: attack\.trigger\.file: none\.npy: no such file/],
  ["more rows than a file has", { data: ARRAYS.replace("train: 2", "train: 20"), attack: "{ kind: clones, trigger: { kind: additive, vector: [1] } }" },
    /^study\.yaml:3: data\.train: .*20.*4/],
  ["too few rows left for poisons", { data: ARRAYS, attack: "{ kind: added, trigger: { kind: additive, vector: [1] } }" },
    /^study\.yaml:3: data\.train: 3 poisons of attack added need \d+ rows to choose from, train and test leave 1: expected fewer of them$/],
  ["a data set that was not fetched", { data: "{ source: mnist, train: 5, test: 5 }" },
    /^study\.yaml:3: data: .*nearclone data fetch mnist/],
  ["a truncated data file", { data: "{ source: mnist, split: test, directory: ., train: 5, test: 5 }" },
    /^study\.yaml:3: data: t10k-images-idx3-ubyte: /],
];

for (const [title, changes, expected] of CASES) {
  test(`${title} is one line with file, line and path`, async () => {
    await shell.write("study.yaml", studyText(changes));
    const { code, stdout, stderr } = await shell.run("run", "study.yaml");
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, 1, stderr);
    assert.match(lines[0] ?? "", expected);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.ok(!existsSync(join(shell.cwd, ".nearclone")), "a database was made");
  });
}

test("the good study that the others differ from is planned", async () => {
  await shell.write("study.yaml", studyText());
  const { code, stdout, stderr } = await shell.run("plan", "study.yaml", "--json");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"points":2,/);
});

test("two wrong things are two lines", async () => {
  await shell.write("study.yaml", studyText({ fixed: "{ target: 10, trigger_strength: .inf }", kernel: "rfb" }));
  const { code, stderr } = await shell.run("run", "study.yaml");
  assert.equal(stderr.trimEnd().split("\n").length, 2, stderr);
  assert.equal(code, 2);
});

const COMMAND_LINES: ReadonlyArray<readonly [string, readonly string[], RegExp]> = [
  ["an unknown command", ["rn", "x"], /unknown command 'rn'.*run/],
  ["an unknown option", ["run", "study.yaml", "--thread", "2"], /unknown option '--thread'.*--threads/],
  ["no study", ["run"], /missing required argument 'study.yaml'/],
  ["too many studies", ["run", "a.yaml", "b.yaml"], /too many arguments/],
  ["a provider nobody knows", ["run", "study.yaml", "--provider", "mkl"], /'mkl' is invalid.*openblas/],
  ["no thread at all", ["run", "study.yaml", "--threads", "0"], /'0' is invalid.*1 to/],
  ["half a thread", ["run", "study.yaml", "--threads", "0.5"], /'0.5' is invalid.*integer/],
  ["a study file that is not there", ["run", "none.yaml"], /^none\.yaml: no such file: expected a study file \(YAML\)$/],
  ["a folder for a study file", ["run", "."], /^\.: is a folder/],
  ["a data set nobody knows", ["data", "fetch", "imagenet"], /'imagenet' is invalid.*mnist/],
  ["a format nobody knows", ["sql", "select 1", "--format", "xml"], /'xml' is invalid.*csv/],
  ["a sample of nothing", ["verify", "x", "--sample", "0"], /'0' is invalid/],
];

for (const [title, args, expected] of COMMAND_LINES) {
  test(`${title} is one line and exit code 2`, async () => {
    const { code, stdout, stderr } = await shell.run(...args);
    assert.match(stderr.trimEnd(), expected);
    assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    assert.equal(code, 2);
    assert.equal(stdout, "");
  });
}

for (const command of ["run", "plan", "status", "sql", "export", "verify", "data list", "data fetch", "doctor", "schema"]) {
  test(`nearclone ${command} --help shows examples that name it`, async () => {
    const { code, stdout } = await shell.run(...command.split(" "), "--help");
    assert.equal(code, 0);
    const [, examples = ""] = stdout.split("Examples:\n");
    assert.match(examples, new RegExp(`nearclone ${command}\\b`));
  });
}

test("nearclone --help lists the commands and says what exit codes mean", async () => {
  const { code, stdout, stderr } = await shell.run("--help");
  assert.equal(code, 0);
  assert.equal(stderr, "");
  for (const word of ["run", "plan", "status", "sql", "export", "verify", "data", "doctor", "schema", "130"]) {
    assert.match(stdout, new RegExp(`\\b${word}\\b`));
  }
});
