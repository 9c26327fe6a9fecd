// What the fields of a `linear` or `cnn` study say of each other, and of the data.
import { expandAxis } from "../axis.ts";
import type { DataDescription, ImageShape } from "../data.ts";
import type { Issue, NetworkSpec } from "../study.ts";
import { JOB_POINTS_MAX } from "../limits.ts";
import { type RowShape, triggerIssue } from "./krr-trigger.ts";
import type { NetworkTrigger } from "./network.ts";

/** Problems that need no data: depth, batch, source class. */
export function networkIssues(spec: NetworkSpec): Issue[] {
  const issues: Issue[] = [];
  const { training, attack } = spec;
  if (training.batch > spec.data.train) {
    const message = `expected at most data.train ${spec.data.train}, got ${training.batch}`;
    issues.push({ path: ["training", "batch"], message });
  }
  if (spec.experiment === "cnn" && spec.model.name === "preresnet") {
    const { depth } = spec.model;
    const below = Math.max(8, 6 * Math.floor((depth - 2) / 6) + 2);
    if (depth < 8 || (depth - 2) % 6 !== 0) {
      const message = `expected 6k + 2, such as ${below} or ${below + 6}, got ${depth}`;
      issues.push({ path: ["model", "depth"], message });
    }
  }
  issues.push(...pruningIssues(spec));
  if ((attack.labels === "one_to_one") !== (attack.source !== undefined)) {
    const message = attack.source === undefined
      ? "expected source, the class that one_to_one poisons"
      : "only labels one_to_one has a source: leave it out";
    issues.push({ path: ["attack", ...(attack.source === undefined ? [] : ["source"])], message });
  }
  const { trigger } = attack;
  if (trigger.kind === "additive" && (trigger.file === undefined) === (trigger.vector === undefined)) {
    issues.push({ path: ["attack", "trigger"], message: "expected either file or vector" });
  }
  return issues;
}

/** Axes that the runs of a job cannot differ in: they share rows, and rungs. */
const NEVER_ALONG: ReadonlySet<string> = new Set(["replicate", "epochs"]);

function pruningIssues({ training: { prune }, axes, job_points: jobPoints }: NetworkSpec): Issue[] {
  if (prune === undefined) return [];
  const path = ["training", "prune", "along"];
  const issues = prune.along.flatMap((name, index): Issue[] => {
    if (name in axes && !NEVER_ALONG.has(name)) return [];
    const names = Object.keys(axes).filter((axis) => !NEVER_ALONG.has(axis));
    return [{ path: [...path, index], message: `expected one of the axes ${names.join(", ")}, got ${name}` }];
  });
  if (issues.length > 0) return issues;
  const competing = [...new Set(prune.along)]
    .reduce((all, name) => all * (axes[name] === undefined ? 1 : expandAxis(axes[name]).length), 1);
  if (competing > (jobPoints ?? JOB_POINTS_MAX)) {
    const message = `${competing} runs compete in one job: expected at most ${jobPoints ?? JOB_POINTS_MAX}`;
    issues.push({ path, message });
  }
  return issues;
}

/** What is wrong with a trigger on rows of this shape, in words; null if it fits. */
export function networkTriggerIssue(trigger: NetworkTrigger, shape: RowShape): string | null {
  if (trigger.kind === "blended") return null;
  if (trigger.kind !== "warp") return triggerIssue(trigger, shape);
  return shape.image === null ? "trigger warp needs image data: use additive" : null;
}

/** Problems that only the data shows: classes, rates, triggers, and sizes of images and crops. */
export function networkDataIssues(spec: NetworkSpec, data: DataDescription): Issue[] {
  const issues: Issue[] = [];
  const { source } = spec.attack;
  const isClass = (label: number): boolean => label < data.classes;
  const classesInWords = `expected a class from 0 to ${data.classes - 1}`;
  if (source !== undefined && !isClass(source)) {
    issues.push({ path: ["attack", "source"], message: `${classesInWords}, got ${source}` });
  }
  for (const { path, value } of valuesOf(spec, "target")) {
    if (!isClass(value)) issues.push({ path, message: `${classesInWords}, got ${value}` });
    if (value === source) issues.push({ path, message: `${value} is attack.source too: expected another class` });
  }
  for (const { path, value } of valuesOf(spec, "poison_rate")) {
    if (value === 0 || Math.round(value * spec.data.train) > 0) continue;
    const message = `rate ${value} of ${spec.data.train} training rows is no poison at all: expected 0, or at least ${1 / spec.data.train} (1 poison)`;
    issues.push({ path, message });
  }
  const misfit = networkTriggerIssue(spec.attack.trigger, data);
  if (misfit !== null) issues.push({ path: ["attack", "trigger"], message: misfit });
  if (data.image === null && spec.experiment === "cnn") {
    issues.push({ path: ["experiment"], message: "cnn needs image data: expected a source of images, or experiment linear" });
  }
  for (const { path, value } of valuesOf(spec, "augmentation")) {
    if (value === 0) continue;
    const issue = cropIssue(spec.training.crop, data.image);
    if (issue !== null) issues.push({ path: data.image === null ? path : ["training", "crop"], message: issue });
  }
  return issues;
}

function cropIssue(crop: number, image: ImageShape | null): string | null {
  if (image === null) return "augmentation needs image data: expected 0";
  const [height, width] = image;
  if (crop <= height && crop <= width) return null;
  return `expected at most the images' ${height} × ${width} pixels, got ${crop}`;
}

/** The values of a parameter with their places in the file. */
export function valuesOf(spec: NetworkSpec, name: string): { path: (string | number)[]; value: number }[] {
  const axis = spec.axes[name];
  if (axis === undefined) {
    const value = spec.fixed[name];
    return value === undefined ? [] : [{ path: ["fixed", name], value }];
  }
  return expandAxis(axis).map((value, index) =>
    ({ path: ["axes", name, ...(Array.isArray(axis) ? [index] : [])], value }));
}
