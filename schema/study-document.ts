// The JSON Schema of study files as editors get it: every axis and parameter by name.
//
// The zod schema takes any name under `axes` and `fixed` and leaves the judgement to
// study-check.ts; an editor can complete only what the schema spells out. Also what
// docs/STUDY-FILE.md is generated from.
import { z } from "zod";
import { AxisValues } from "./axis.ts";
import { KERNELS } from "./experiments/krr.ts";
import { EXPERIMENTS, ExperimentName } from "./experiments/registry.ts";
import type { Parameter } from "./parameter.ts";
import { StudySpec } from "./study.ts";

/** The part of JSON Schema that ours uses. */
export interface SchemaNode {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly items?: SchemaNode | false;
  readonly prefixItems?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

/** Checked-in copies name this address as their dialect. */
const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** One alternative for each experiment. */
export function studySchema(): SchemaNode {
  const { oneOf = [] } = jsonSchemaOf(StudySpec);
  return {
    $schema: DIALECT,
    title: "nearclone study",
    description: "an experiment, what is fixed, and named axes: docs/STUDY-FILE.md",
    oneOf: ExperimentName.options.map((name) =>
      experimentSchema(name, oneOf.find(({ properties }) =>
        properties?.["experiment"]?.const === name) ?? {})),
    $defs: { axis: { ...jsonSchemaOf(AxisValues), description: "a list of numbers, or a range" } },
  };
}

/** As `studies/study.schema.json` holds it. */
export function studySchemaText(): string {
  return `${JSON.stringify(studySchema(), null, 2)}\n`;
}

/** zod generated it, so that its shape is as the interface says. */
const Node = z.custom<SchemaNode>((value) => typeof value === "object" && value !== null);

function jsonSchemaOf(schema: z.ZodType): SchemaNode {
  const { $schema: _, ...node } = z.toJSONSchema(schema, { io: "input", reused: "inline" });
  return Node.parse(withoutSafeIntegerBounds(node));
}

function experimentSchema(name: ExperimentName, node: SchemaNode): SchemaNode {
  const { parameters } = EXPERIMENTS[name];
  const { axes, fixed, kernel, model, training, ...rest } = node.properties ?? {};
  const all = (of: (parameter: Parameter) => SchemaNode): Record<string, SchemaNode> =>
    Object.fromEntries(parameters.map((one) => [one.name, of(one)]));
  const axis = ({ comment }: Parameter): SchemaNode => ({ description: comment, $ref: "#/$defs/axis" });
  return {
    ...node,
    properties: {
      ...rest,
      ...(kernel === undefined ? {} : { kernel: kernelSchema(kernel) }),
      ...(model === undefined ? {} : { model: named(model, ["small", "preresnet"]) }),
      ...(training === undefined ? {} : { training: withSchedule(training) }),
      fixed: { ...fixed, ...closed(all(valueSchema)) },
      axes: { ...axes, ...closed(all(axis)), minProperties: 1 },
    },
  };
}

function closed(properties: Readonly<Record<string, SchemaNode>>): SchemaNode {
  return { type: "object", properties, additionalProperties: false };
}

/** One value of a parameter. */
function valueSchema(parameter: Parameter): SchemaNode {
  const { type, min, max, openMin, openMax, fallback, comment } = parameter;
  const low = { [openMin === true ? "exclusiveMinimum" : "minimum"]: min };
  const high = { [openMax === true ? "exclusiveMaximum" : "maximum"]: max };
  return {
    description: comment,
    type: type === "integer" ? "integer" : "number",
    ...(Number.isFinite(min) ? low : {}),
    ...(Number.isFinite(max) ? high : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

function kernelSchema(node: SchemaNode): SchemaNode {
  return named(node, KERNELS);
}

/** A bare name is turned into the object before it is checked, which zod's schema cannot show. */
function named(node: SchemaNode, names: readonly string[]): SchemaNode {
  const { description = "", oneOf = [] } = node;
  return { description, anyOf: [{ type: "string", enum: names }, ...oneOf] };
}

function withSchedule(node: SchemaNode): SchemaNode {
  const { schedule, ...rest } = node.properties ?? {};
  if (schedule === undefined) return node;
  return { ...node, properties: { ...rest, schedule: named(schedule, ["constant", "step", "cosine"]) } };
}

/** JSON has no bound on integers, and 2^53 − 1 in every field tells a reader nothing. */
function withoutSafeIntegerBounds(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutSafeIntegerBounds);
  if (typeof node !== "object" || node === null) return node;
  const kept = Object.entries(node).filter(([key, value]) =>
    !((key === "maximum" && value === Number.MAX_SAFE_INTEGER) ||
      (key === "propertyNames") ||
      (key === "minimum" && value === Number.MIN_SAFE_INTEGER)));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutSafeIntegerBounds(value)]));
}
