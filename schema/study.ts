// The study file: an experiment, what is fixed, and named axes. Checked here, read elsewhere.
//
// Axis names are SQL column names. `parseStudy` is pure; it reports every problem with its path in
// the file, so that the reader can add line numbers.
import { z } from "zod";
import { AxisValues, expandAxis } from "./axis.ts";
import { EXPERIMENTS } from "./experiments/registry.ts";
import { krrFields } from "./experiments/krr.ts";
import { cnnFields, linearFields } from "./experiments/network.ts";
import { JOB_POINTS_MAX } from "./limits.ts";
import { issuesOf } from "./shape-issues.ts";
import { checkGrid } from "./study-check.ts";

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "expected lower-case letters, digits, '.', '_' or '-', at most 63")
    .describe("unique in a database; SQL finds the study by it"),
  description: z.string().optional().describe("for readers; no part of the study's identity"),
  job_points: z
    .int()
    .positive()
    .max(JOB_POINTS_MAX)
    .optional()
    .describe("most points of one job; default: chosen by the planner"),
  seed: z.int().nonnegative().default(0).describe("every random choice derives from it"),
  fixed: z.record(z.string(), z.number()).default({}).describe("parameters that do not vary"),
  axes: z
    .record(z.string(), AxisValues)
    .refine((axes) => Object.keys(axes).length > 0, "expected at least one axis")
    .describe("parameters that vary, the last one fastest; lists or linear/log ranges"),
};

export const StudySpec = z.discriminatedUnion("experiment", [
  z.strictObject({ experiment: z.literal("krr"), ...common, ...krrFields }),
  z.strictObject({ experiment: z.literal("linear"), ...common, ...linearFields }),
  z.strictObject({ experiment: z.literal("cnn"), ...common, ...cnnFields }),
  z.strictObject({ experiment: z.literal("noop"), ...common }),
]);
export type StudySpec = z.infer<typeof StudySpec>;
export type KrrSpec = Extract<StudySpec, { experiment: "krr" }>;
export type LinearSpec = Extract<StudySpec, { experiment: "linear" }>;
export type CnnSpec = Extract<StudySpec, { experiment: "cnn" }>;
/** The specs of networks, whatever their model. */
export type NetworkSpec = LinearSpec | CnnSpec;
export function trainsNetworks(spec: StudySpec): spec is NetworkSpec {
  return spec.experiment === "linear" || spec.experiment === "cnn";
}

/** An axis with its values spelled out, in the order of the study file. */
export interface Axis {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The words that may stand there, where it is one of a few; for suggestions. */
  readonly options?: readonly string[];
}

export type ParsedStudy =
  | { readonly ok: true; readonly spec: StudySpec }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Checks a study file's content: shape first, then what one field says of another. */
export function parseStudy(content: unknown): ParsedStudy {
  const parsed = StudySpec.safeParse(content);
  if (!parsed.success) return { ok: false, issues: parsed.error.issues.flatMap(issuesOf) };
  const issues = checkGrid(parsed.data);
  return issues.length > 0 ? { ok: false, issues } : { ok: true, spec: parsed.data };
}

export function axesOf(spec: StudySpec): readonly Axis[] {
  return Object.entries(spec.axes).map(([name, values]) => ({ name, values: expandAxis(values) }));
}

/** The value of a parameter that is not an axis: as fixed, or its fallback; undefined if neither. */
export function fixedValue(spec: StudySpec, name: string): number | undefined {
  const parameter = EXPERIMENTS[spec.experiment].parameters.find((one) => one.name === name);
  const fixed = spec.fixed[name];
  return fixed === undefined ? parameter?.fallback : fixed + 0; // −0 is stored as 0
}

/** The keys that may stand at a path of a study file, over all experiments; for suggestions. */
export function studyKeysAt(path: Issue["path"]): string[] {
  const [block] = path;
  if (path.length === 1 && (block === "axes" || block === "fixed")) {
    const all = Object.values(EXPERIMENTS).flatMap(({ parameters }) => parameters);
    return [...new Set(all.map(({ name }) => name))];
  }
  if (path.length === 2 && block === "axes") return ["linear", "log", "steps"];
  return [...new Set(keysBelow(studyJsonSchema(), path))];
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

function keysBelow(node: SchemaNode, path: Issue["path"]): string[] {
  const [head, ...rest] = path;
  const own = Object.entries(node.properties ?? {});
  const here =
    head === undefined
      ? own.map(([key]) => key)
      : own.filter(([key]) => key === head).flatMap(([, child]) => keysBelow(child, rest));
  const choices = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return [...here, ...choices.flatMap((choice) => keysBelow(choice, path))];
}

/** The JSON Schema of study files, for editors. */
export function studyJsonSchema(): object {
  return z.toJSONSchema(StudySpec, { io: "input", reused: "inline" });
}
