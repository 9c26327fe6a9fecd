// From a study file to an order: what a file refers to becomes part of what is stored.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { type PreparedStudy, prepareStudy } from "../../coordinator/prepare.ts";
import { studyTitle } from "../../coordinator/study-title.ts";
import { readStudyFile } from "../../coordinator/study-file.ts";
import { openData } from "../../data/source.ts";
import { dataSeed } from "../../schema/seed.ts";
import { chooseProbes } from "../../worker/experiments/krr/curvature/probes.ts";
import { triggerOf } from "../../schema/experiments/krr.ts";

const folder = await mkdtemp(join(tmpdir(), "nearclone-prepare-"));
after(() => rm(folder, { recursive: true }));

async function prepared(trigger: string, extra = ""): Promise<PreparedStudy> {
  await writeFile(join(folder, "study.yaml"), `name: one
experiment: krr
data: { source: gaussian, train: 40, test: 20, dimension: 3, mean_norm: 1 }
attack: { kind: clones, trigger: ${trigger} }
kernel: linear
axes: { ridge: [0.1, 1], poison_count: [0, 4] }
${extra}`);
  return prepareStudy(await readStudyFile("study.yaml", folder), join(folder, "cache"));
}

test("a trigger's file becomes numbers of the spec, and its content part of the identity", async () => {
  await writeFile(join(folder, "trigger.csv"), "1,0,0.5\n");
  const fromFile = await prepared("{ kind: additive, file: trigger.csv }");
  assert.ok(fromFile.order.spec.experiment === "krr");
  assert.deepEqual(triggerOf(fromFile.order.spec.attack), { kind: "additive", vector: [1, 0, 0.5] });

  const written = await prepared("{ kind: additive, vector: [1, 0, 0.5] }");
  assert.equal(fromFile.identity, written.identity);

  await writeFile(join(folder, "trigger.csv"), "1,0,0.25\n");
  const changed = await prepared("{ kind: additive, file: trigger.csv }");
  assert.notEqual(changed.identity, fromFile.identity);
  assert.notEqual(changed.order.key, fromFile.order.key);
});

test("probes of a class that the data lack are refused at their place in the file", async () => {
  const trigger = "{ kind: additive, vector: [1] }";
  await assert.rejects(prepared(trigger, "curvature: { probes: 2, classes: [1, 7] }"),
    /study\.yaml:7: curvature\.classes\[1\]: expected a class from 0 to 1, got 7: the data have no row of it/);
});

test("more probes than the drawn test rows hold are refused, with how many they hold, replicate by replicate", async () => {
  const trigger = "{ kind: additive, vector: [1] }";
  const asking = (probes: number, parts = ""): Promise<PreparedStudy> =>
    prepared(trigger, `curvature: { probes: ${probes}${parts} }\nfixed: { target: 1 }`);
  const message = await asking(20).then(() => "", (error: unknown) => String(error));
  const [, hold = ""] = /study\.yaml:7: curvature\.probes: 20 test rows of replicate 0 hold (\d+) not of target 1: expected at most \1 probes, or more rows \(data\.test\), got 20$/.exec(message) ?? [];
  assert.notEqual(hold, "", message);
  const most = Number(hold);
  assert.equal((await asking(most)).order.spec.experiment, "krr");
  await assert.rejects(asking(most + 1), new RegExp(`hold ${most} not of target 1`));
  // The worker's own choice among the rows that it draws agrees, to the row.
  const { spec, data } = (await asking(most)).order;
  assert.ok(spec.experiment === "krr" && spec.curvature !== undefined && data !== null);
  const { pool } = await openData(spec.data, folder);
  const { labels } = pool.draw({ train: 40, test: 20, bases: 1 }, dataSeed(spec.seed, 0)).test;
  const choose = (probes: number) =>
    chooseProbes({ curvature: { ...spec.curvature!, probes }, seed: spec.seed, replicate: 0, target: 1, labels });
  assert.equal(choose(most).probes.length, most);
  assert.throws(() => choose(most + 1), /20 test rows of replicate 0 hold \d+ not of target 1: ask for fewer/);
  await assert.rejects(asking(most + 1, ", classes: [0, 1]"), new RegExp(`hold ${most} of class 0: expected at most ${most} probes`));
});

test("curvature of a kernel with a corner is announced with what is measured in its place", async () => {
  const titleOf = async (kernel: string, extra = ""): Promise<string> => {
    await writeFile(join(folder, "corner.yaml"), `name: corner
experiment: krr
data: { source: gaussian, train: 40, test: 20, dimension: 3, mean_norm: 1 }
attack: { kind: clones, trigger: { kind: additive, vector: [1] } }
kernel: ${kernel}
axes: { ridge: [0.1, 1], poison_count: [0, 4] }
${/laplace|rbf/.test(kernel) ? "fixed: { length_scale: 1 }" : ""}
${extra}`);
    const { order } = await prepareStudy(await readStudyFile("corner.yaml", folder), join(folder, "cache"));
    return studyTitle(order, null).join("\n");
  };
  for (const kernel of ["laplace", "ntk"]) {
    assert.match(await titleOf(kernel, "curvature: { probes: 2 }"), new RegExp(`note +${kernel} has no second derivative at distance 0: .*curvature_cusps`));
    assert.doesNotMatch(await titleOf(kernel), /second derivative/);
  }
  assert.doesNotMatch(await titleOf("rbf", "curvature: { probes: 2 }"), /second derivative/);
});

test("a description changes nothing of a study's identity, a seed does", async () => {
  const trigger = "{ kind: additive, vector: [1] }";
  const plain = await prepared(trigger);
  assert.equal((await prepared(trigger, "description: words")).identity, plain.identity);
  assert.notEqual((await prepared(trigger, "seed: 1")).identity, plain.identity);
});
