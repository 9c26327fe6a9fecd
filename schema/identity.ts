// What makes two studies the same: not the name or a path, but everything the numbers depend on.
//
// The identity is a SHA-256 over a canonical JSON text: keys sorted, axes as an ordered list with
// their values spelled out, files by content. A stored study is found again by it, so a change of
// the canonical form orphans every study that exists.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { DataDescription } from "./data.ts";
import { EXPERIMENTS } from "./experiments/registry.ts";
import { StudyKey } from "./job.ts";
import { axesOf, fixedValue, type StudySpec } from "./study.ts";

/** Anything JSON can say. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** JSON text with sorted keys and no spaces, so that equal values have equal texts. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${fields.join(",")}}`;
}

/**
 * The identity of a study, 64 hex digits: experiment and version, seed, axes, fixed values, the
 * experiment's own fields and the content of the data; without name, description and paths.
 *
 * @param data null where the experiment uses no data.
 * @param version of the experiment; by default this build's.
 */
export function identityOf(
  spec: StudySpec,
  data: DataDescription | null,
  version: number = EXPERIMENTS[spec.experiment].version,
): string {
  const canonical = {
    experiment: spec.experiment,
    version,
    seed: spec.seed,
    axes: axesOf(spec).map(({ name, values }) => [name, values]),
    fixed: fixedValues(spec),
    fields: contentOf(ownFields(spec), data),
    data: data?.fingerprint ?? null,
  };
  return createHash("sha256").update(canonicalJson(canonical)).digest("hex");
}

/** The key of the study with this identity: "st_" and its first 16 digits. */
export function studyKeyOf(identity: string): StudyKey {
  return StudyKey.parse(`st_${identity.slice(0, 16)}`);
}

/** Fixed values that are not their parameter's fallback: a fallback spelled out changes nothing. */
function fixedValues(spec: StudySpec): Json {
  const given = EXPERIMENTS[spec.experiment].parameters
    .filter(({ name, fallback }) => !(name in spec.axes) && fixedValue(spec, name) !== fallback)
    .map(({ name }) => [name, fixedValue(spec, name) ?? null] as const);
  return Object.fromEntries(given);
}

/** For readers and for the planner: they change no number. */
const ASIDE = new Set(["name", "description", "job_points"]);
const COMMON = new Set([...ASIDE, "experiment", "seed", "axes", "fixed"]);

/** The experiment's own part of a spec: data, attack, kernel and the like. */
function ownFields(spec: StudySpec): Json {
  const fields = Object.entries(spec).filter(([key]) => !COMMON.has(key));
  return jsonOf(Object.fromEntries(fields));
}

/** Keys whose values are paths. */
const FOLDERS = new Set(["directory"]);
const FILES = new Set(["train_features", "train_labels", "test_features", "test_labels", "file"]);

/** The same JSON with folders left out, and each file replaced by its hash where that is known. */
function contentOf(value: Json, data: DataDescription | null): Json {
  if (Array.isArray(value)) return value.map((item: Json) => contentOf(item, data));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !FOLDERS.has(key))
      .map(([key, item]) => [key, isFile(key, item) ? hashOf(item, data) : contentOf(item, data)]),
  );
}

const isFile = (key: string, item: Json): item is string =>
  FILES.has(key) && typeof item === "string";

/** A file that the data's description does not list is known by its path only. */
function hashOf(path: string, data: DataDescription | null): string {
  return data?.files.find((file) => file.path === path)?.sha256 ?? path;
}

/** A field that differs between two specs, as `axes.ridge.steps`, with both values as JSON. */
export interface Difference {
  readonly path: string;
  readonly stored: string;
  readonly given: string;
}

/**
 * The first field in which two specs differ, ignoring what is no part of the identity; null if
 * none does.
 */
export function firstDifference(stored: StudySpec, given: StudySpec): Difference | null {
  const [a, b] = [comparable(stored), comparable(given)];
  return differenceOf(a, b, "") ?? orderDifference(stored, given);
}

function comparable(spec: StudySpec): Json {
  return jsonOf(Object.fromEntries(Object.entries(spec).filter(([key]) => !ASIDE.has(key))));
}

/** As JSON has it: without what is undefined. */
const jsonOf = (value: object): Json => z.json().parse(JSON.parse(JSON.stringify(value)));

function differenceOf(a: Json | undefined, b: Json | undefined, path: string): Difference | null {
  if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b)) {
    const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
    for (const key of new Set([...left.keys(), ...right.keys()])) {
      if (FOLDERS.has(key)) continue;
      const place = Array.isArray(a) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      const difference = differenceOf(left.get(key), right.get(key), place);
      if (difference !== null) return difference;
    }
    return null;
  }
  const [stored, given] = [shown(a), shown(b)];
  return stored === given ? null : { path, stored, given };
}

const isBranch = (
  value: Json | undefined,
): value is Exclude<Json, null | boolean | number | string> =>
  typeof value === "object" && value !== null;

const shown = (value: Json | undefined): string =>
  value === undefined ? "absent" : canonicalJson(value);

/** Which axis is last decides the order of the points. */
function orderDifference(stored: StudySpec, given: StudySpec): Difference | null {
  const [a, b] = [Object.keys(stored.axes).join(", "), Object.keys(given.axes).join(", ")];
  return a === b ? null : { path: "order of axes", stored: a, given: b };
}
