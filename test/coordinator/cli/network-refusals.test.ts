// What a user got wrong in a study of networks: one line each, exit code 2, and nothing begun.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test, { after } from "node:test";
import { openData } from "../../../data/source.ts";
import { parseStudy } from "../../../schema/study.ts";
import { dataSeed } from "../../../schema/seed.ts";
import { describeBackend } from "../../../worker/tensor/backend.ts";
import { fakeShell } from "../../support/fake-context.ts";

const shell = await fakeShell();
after(() => shell.remove());

const GOOD: Readonly<Record<string, string>> = {
  name: "small",
  experiment: "cnn",
  model: "small",
  data: "{ source: glyphs, train: 50, test: 20 }",
  attack: "{ trigger: { kind: cross } }",
  training: "{ batch: 25 }",
  fixed: "{ epochs: 1 }",
  axes: "{ poison_rate: [0, 0.1] }",
};

function studyText(changes: Readonly<Record<string, string>>): string {
  return Object.entries({ ...GOOD, ...changes }).map(([key, value]) => `${key}: ${value}\n`).join("");
}

const GAUSSIAN = "{ source: gaussian, train: 50, test: 20, dimension: 5, mean_norm: 1 }";

const CASES: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, RegExp]> = [
  ["a batch larger than the data", { training: "{ batch: 51 }" },
    /^study\.yaml:6: training\.batch: expected at most data\.train 50, got 51$/],
  ["a depth that is not 6k + 2", { model: "{ name: preresnet, depth: 18 }" },
    /^study\.yaml:3: model\.depth: expected 6k \+ 2, such as 14 or 20, got 18$/],
  ["a crop larger than the image", { training: "{ batch: 25, crop: 29 }", fixed: "{ epochs: 1, augmentation: 1 }" },
    /^study\.yaml:6: training\.crop: expected at most the images' 28 × 28 pixels, got 29$/],
  ["a network of images on rows that are none", { data: GAUSSIAN, attack: "{ trigger: { kind: additive, vector: [1] } }" },
    /^study\.yaml:2: experiment: cnn needs image data/],
  ["a rate that realises nothing", { axes: "{ poison_rate: [0, 0.001] }" },
    /^study\.yaml:8: axes\.poison_rate\[1\]: rate 0\.001 of 50 training rows is no poison at all/],
  ["a target that is no class", { fixed: "{ epochs: 1, target: 10 }" },
    /^study\.yaml:7: fixed\.target: expected a class from 0 to 9, got 10$/],
  ["a source class that is the target", { attack: "{ trigger: { kind: cross }, labels: one_to_one, source: 3 }", fixed: "{ epochs: 1, target: 3 }" },
    /^study\.yaml:7: fixed\.target: 3 is attack\.source too: expected another class$/],
  ["one_to_one without its source", { attack: "{ trigger: { kind: cross }, labels: one_to_one }" },
    /^study\.yaml:5: attack: expected source, the class that one_to_one poisons$/],
  ["a patch beside the image", { attack: "{ trigger: { kind: patch, size: 5, row: 26 } }" },
    /^study\.yaml:5: attack\.trigger: trigger patch covers rows 26 to 30.*expected within 28 × 28 pixels$/],
];

async function refusal(changes: Readonly<Record<string, string>>, ...options: string[]): Promise<string> {
  await shell.write("study.yaml", studyText(changes));
  const { code, stdout, stderr } = await shell.run("run", "study.yaml", ...options);
  assert.deepEqual([code, stdout], [2, ""], stderr);
  const lines = stderr.trimEnd().split("\n");
  return lines.at(-1) ?? "";
}

for (const [title, changes, expected] of CASES) {
  test(`${title} is one line with file, line and path`, async () => {
    assert.match(await refusal(changes), expected);
    assert.equal(existsSync(join(shell.cwd, ".nearclone")), false, "no database was made");
  });
}

test("more poison than there are victims is refused, and the most that it names is accepted", async () => {
  const parsed = parseStudy({ ...GOOD, model: "small", data: { source: "glyphs", train: 50, test: 20 },
    attack: { trigger: { kind: "cross" } }, training: { batch: 25 }, fixed: { epochs: 1 }, axes: { poison_rate: [0] } });
  if (!parsed.ok || parsed.spec.experiment !== "cnn") throw new Error(JSON.stringify(parsed));
  const { pool } = await openData(parsed.spec.data, ".");
  const victims = [0, 1, 2].map((replicate) => pool
    .draw({ train: 50, test: 20, bases: 0 }, dataSeed(parsed.spec.seed, replicate))
    .train.labels.filter((label) => label !== 0).length);
  const most = Math.min(...victims);
  assert.ok(most < 50 && new Set(victims).size > 1, `a case in point: ${victims.join(", ")}`);
  const axes = (rate: number): string => `{ replicate: [0, 1, 2], poison_rate: [0.1, ${rate}] }`;
  const line = await refusal({ axes: axes((most + 1) / 50) });
  assert.match(line, new RegExp(`^study\\.yaml:8: axes\\.poison_rate\\[1\\]: rate \\S+ of 50 training rows is ${most + 1} poisons, ` +
    `and ${most} rows are outside class 0 in replicate ${victims.indexOf(most)}: expected at most ${most / 50}$`));
  await shell.write("study.yaml", studyText({ axes: axes(most / 50) }));
  assert.equal((await shell.run("plan", "study.yaml")).code, 0);
});

test("a class that no test row shows is no class to attack from", async () => {
  const line = await refusal({
    data: "{ source: glyphs, train: 50, test: 1 }",
    attack: "{ trigger: { kind: cross }, labels: one_to_one, source: 7 }",
    axes: "{ replicate: [0, 1, 2, 3], poison_rate: [0] }",
  });
  assert.match(line, /^study\.yaml:4: data\.test: none of replicate \d's 1 test rows is of class 7: expected more rows$/);
});

test("a backend that is absent is refused before any job, with how to get it", async (t) => {
  for (const name of ["webgpu", "tensorflow"] as const) {
    const opened = await describeBackend(name);
    if (opened.ok) {
      t.diagnostic(`${name} is here: nothing to refuse`);
      continue;
    }
    const line = await refusal({}, "--backend", name, "--threads", "1");
    assert.match(line, new RegExp(`^tensor backend ${name}: .*(npm i|driver)`));
  }
});
