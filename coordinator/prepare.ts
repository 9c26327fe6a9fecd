// From a study file to an order: everything checked, everything it refers to read, before any work.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseVector, referenceOf } from "../data/array-file.ts";
import { type LoadedPool, withoutFeatures } from "../data/pool.ts";
import { dataFolder, openData } from "../data/source.ts";
import type { DataDescription } from "../schema/data.ts";
import { UserError } from "../schema/failure.ts";
import { identityOf, studyKeyOf } from "../schema/identity.ts";
import type { StudyOrder } from "../schema/job.ts";
import type { Issue, KrrSpec, NetworkSpec, StudySpec } from "../schema/study.ts";
import { checkAgainstData } from "./check-data.ts";
import { checkProbes } from "./check-probes.ts";
import { checkVictims } from "./check-victims.ts";
import { type ChooseDeviceRoute, planStudy } from "./plan.ts";
import type { StudyFile } from "./study-file.ts";

export interface PreparedStudy {
  readonly order: StudyOrder;
  readonly identity: string;
}

/**
 * @param cache folder of the downloaded data sets, one folder each.
 * @throws UserError, one line per problem with file, line and path.
 */
export async function prepareStudy(
  file: StudyFile,
  cache: string,
  chooseDeviceRoute?: ChooseDeviceRoute,
): Promise<PreparedStudy> {
  const orderOf = (spec: StudySpec, data: DataDescription | null, folder: string): PreparedStudy => {
    const identity = identityOf(spec, data);
    const plan = planStudy(spec, chooseDeviceRoute);
    return { order: { key: studyKeyOf(identity), spec, plan, data, folder }, identity };
  };
  if (file.spec.experiment === "noop") return orderOf(file.spec, null, file.folder);
  const folder = dataFolder(file.spec.data, { study: file.folder, cache });
  const { data, pool } = await open(file, file.spec, folder);
  const spec = await inlineTrigger(file, file.spec, data);
  const issues = checkAgainstData(spec, data);
  if (issues.length === 0) {
    issues.push(...(spec.experiment === "krr" ? checkProbes(spec, pool) : checkVictims(spec, pool)));
  }
  if (issues.length > 0) throw complaints(file, issues);
  return orderOf(spec, data, folder);
}

interface Opened {
  readonly data: DataDescription;
  /** Without features. */
  readonly pool: LoadedPool;
}

async function open(file: StudyFile, spec: KrrSpec | NetworkSpec, folder: string): Promise<Opened> {
  try {
    const { description, pool } = await openData(spec.data, folder);
    return { data: description, pool: withoutFeatures(pool) };
  } catch (error) {
    if (error instanceof UserError) throw file.complain(issueOf(error.message));
    throw error;
  }
}

/** `data.classes[2]: 11: expected …` has its place in front; other messages are about the block. */
function issueOf(message: string): Issue {
  const found = /^data\.(\w+)(?:\[(\d+)\])?(?: \+ [\w.]+)?: (.*)$/s.exec(message);
  if (found === null) return { path: ["data"], message: message.replace(/^data: /, "") };
  const [, field = "", index, rest = ""] = found;
  const path = index === undefined ? ["data", field] : ["data", field, Number(index)];
  return { path, message: rest };
}

/**
 * The spec with an additive trigger's file replaced by its numbers: the order then needs no file
 * but the data's, and the study's identity covers what the file held.
 */
async function inlineTrigger(
  file: StudyFile,
  spec: KrrSpec | NetworkSpec,
  { dimension }: DataDescription,
): Promise<KrrSpec | NetworkSpec> {
  if (!("trigger" in spec.attack)) return spec;
  const { trigger } = spec.attack;
  if (trigger.kind !== "additive" || trigger.file === undefined) return spec;
  const path: Issue["path"] = ["attack", "trigger", "file"];
  const vector = await readVector(file, trigger.file, path);
  if (vector.length !== dimension) {
    const message = `expected ${dimension} numbers (the data's features), got ${vector.length}`;
    throw file.complain({ path, message: `${trigger.file}: ${message}` });
  }
  const inlined = { kind: "additive", vector } as const;
  if (spec.experiment === "krr") return { ...spec, attack: { ...spec.attack, trigger: inlined } };
  return { ...spec, attack: { ...spec.attack, trigger: inlined } };
}

async function readVector(file: StudyFile, reference: string, path: Issue["path"]): Promise<number[]> {
  try {
    const bytes = await readFile(resolve(file.folder, referenceOf(reference).path));
    return Array.from(parseVector(reference, bytes));
  } catch (error) {
    if (error instanceof UserError) throw file.complain({ path, message: error.message });
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const why = code === "ENOENT" ? "no such file" : code;
    throw file.complain({ path, message: `${reference}: ${why}: expected a .npy, .npz or .csv file` });
  }
}

function complaints(file: StudyFile, issues: readonly Issue[]): UserError {
  return new UserError(issues.map((issue) => file.complain(issue).message).join("\n"));
}
