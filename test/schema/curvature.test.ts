// What a study with a `curvature` block is refused for, and what each refusal says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { metricsOf } from "../../schema/experiments/registry.ts";
import { parseStudy } from "../../schema/study.ts";

function studyWith(curvature: object | undefined, parts: Record<string, unknown> = {}): unknown {
  return {
    experiment: "krr", name: "curved", kernel: "linear",
    data: { source: "glyphs", train: 50, test: 60 },
    attack: { kind: "clones", trigger: { kind: "cross" } },
    ...(curvature === undefined ? {} : { curvature }),
    axes: { ridge: [0.1], poison_count: [0, 1] },
    ...parts,
  };
}

const REFUSALS: readonly (readonly [string, unknown, string, RegExp])[] = [
  ["another attack", studyWith({}, { attack: { kind: "replace", trigger: { kind: "cross" } } }), "attack.kind", /use clones/],
  ["a probe distance from many poisons", studyWith({}, { attack: { kind: "added", trigger: { kind: "cross" } }, axes: { ridge: [0.1], poison_count: [0], probe_distance: [0, 1] } }), "axes.probe_distance", /the one poison of attack clones, got added/],
  ["no clean model", studyWith({}, { axes: { ridge: [0.1], poison_count: [1, 2] } }), "axes", /expected 0 among/],
  ["no clean model, by rate", studyWith({}, { axes: { ridge: [0.1], poison_rate: [0.1] } }), "axes", /expected 0 among/],
  ["probes of the target alone", studyWith({ classes: [0] }), "curvature.classes", /class 0 alone, which is the target/],
  ["more rows than there are", studyWith({ probes: 50, references: 39 }), "curvature.probes", /at most 60 .* got 89/],
  ["too few references", studyWith({ references: 20 }), "curvature.references", /at least 39, got 20/],
  ["too few refits", studyWith({ refits: 5 }), "curvature.refits", /at least 19, got 5/],
  ["refits without replicates", studyWith({ refits: 19 }), "curvature.refits", /at least 20 values of replicate, got 1/],
  ["a class named twice", studyWith({ classes: [3, 3] }), "curvature.classes", /expected each class once, got \[3,3\]/],
  ["a label named twice", studyWith({ labels: ["true", "true"] }), "curvature.labels", /expected each label once/],
  ["a probe distance without curvature", studyWith(undefined, { axes: { ridge: [0.1], poison_count: [0], probe_distance: [0, 1] } }), "axes.probe_distance", /add a curvature block/],
  ["a negative probe distance", studyWith({}, { axes: { ridge: [0.1], poison_count: [0], probe_distance: [-1] } }), "axes.probe_distance.0", /expected a number ≥ 0, got -1/],
  ["a gradient penalty", studyWith({}, { axes: { poison_count: [0], ridge: [0.1], gradient_penalty: [0, 1] } }), "curvature", /gradient_penalty/],
];

for (const [what, study, path, message] of REFUSALS) {
  test(`curvature is refused: ${what}`, () => {
    const parsed = parseStudy(study);
    assert.ok(!parsed.ok);
    const found = parsed.issues.find((issue) => issue.path.join(".") === path);
    assert.match(found?.message ?? "no issue there", message);
    assert.equal(parsed.issues.length, 1, "one mistake is one line");
  });
}

test("only a study that asks for curvature has its columns", () => {
  const [asking, plain] = [parseStudy(studyWith({})), parseStudy(studyWith(undefined))];
  assert.ok(asking.ok && plain.ok);
  const count = (spec: typeof asking.spec): number => metricsOf(spec).filter(({ needs }) => needs === "curvature").length;
  assert.equal(count(plain.spec), 0);
  assert.equal(count(asking.spec), 44);
});
