// The paper's studies of networks: they fit the official data sets and are cut into one run a job.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { checkAgainstData } from "../../coordinator/check-data.ts";
import { planStudy } from "../../coordinator/plan.ts";
import { readStudyFiles } from "../../coordinator/study-file.ts";
import type { DataDescription } from "../../schema/data.ts";
import { trainsNetworks } from "../../schema/study.ts";
import { ROOT } from "../support/source-tree.ts";

/** The official sets as their makers describe them: rows, classes and pixels. */
const OFFICIAL = {
  mnist: { trainRows: 60_000, testRows: 10_000, classes: 10, image: [28, 28, 1] },
  cifar10: { trainRows: 50_000, testRows: 10_000, classes: 10, image: [32, 32, 3] },
  cifar100: { trainRows: 50_000, testRows: 10_000, classes: 100, image: [32, 32, 3] },
} as const;

const names = readdirSync(join(ROOT, "studies/paper")).filter((name) => /^(mnist-linear|cifar)/.test(name));

test("there is a study of paper size and a reduced one for each of the paper's data sets", () => {
  const sets = ["cifar10-preresnet", "cifar100-preresnet", "mnist-linear"];
  assert.deepEqual(names.sort(), sets.flatMap((name) => [`${name}-reduced.yaml`, `${name}.yaml`]).sort());
});

for (const name of names) {
  test(`studies/paper/${name} fits its data set and plans one run for each point`, async () => {
    for (const { spec } of await readStudyFiles(join("studies/paper", name), ROOT)) {
      assert.ok(trainsNetworks(spec));
      assert.equal(spec.name, `paper-${name.replace(/\.yaml$/, "")}`);
      const { source } = spec.data;
      assert.ok(source === "mnist" || source === "cifar10" || source === "cifar100");
      const { image, ...official } = OFFICIAL[source];
      const data: DataDescription = { ...official, image: [...image], fingerprint: "0".repeat(64),
        dimension: image[0] * image[1] * image[2], shared: false, files: [] };
      assert.deepEqual(checkAgainstData(spec, data), []);
      assert.ok(spec.data.train <= official.trainRows && spec.data.test <= official.testRows);
      const { points, jobs } = planStudy(spec);
      assert.equal(jobs, points);
      // What is reduced is so in rows, layers and epochs alike.
      const isReduced = name.includes("reduced");
      assert.equal(spec.data.train < 5_000, isReduced);
      if (spec.experiment === "cnn" && spec.model.name === "preresnet") assert.equal(spec.model.depth, isReduced ? 8 : 110);
    }
  });
}
