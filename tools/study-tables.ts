// The generated parts of docs/STUDY-FILE.md: tables of fields, from the schema that checks them.
import type { ExperimentName } from "../schema/experiments/registry.ts";
import { EXPERIMENTS } from "../schema/experiments/registry.ts";
import { describeDomain, type Parameter } from "../schema/parameter.ts";
import { type SchemaNode, studySchema } from "../schema/study-document.ts";

/** The others have a trigger and nothing else. */
const ATTACKS_WITH_SETTINGS = new Set(["attack cluster", "attack shortcut"]);

/** Generated parts by the name that their marker gives. */
export function studyFileParts(): ReadonlyMap<string, readonly string[]> {
  const krr = experimentNode("krr");
  const choices = (field: string, tag: string): [string, string[]][] =>
    (krr.properties?.[field]?.oneOf ?? []).map((node) => {
      const name = node.properties?.[tag]?.const ?? "";
      return [`${field} ${name}`, fieldTable(node, new Set([tag]))];
    });
  const trigger = krr.properties?.["attack"]?.oneOf?.[0]?.properties?.["trigger"];
  const triggers = (trigger?.oneOf ?? []).map((node): [string, string[]] =>
    [`trigger ${node.properties?.["kind"]?.const ?? ""}`, fieldTable(node, new Set(["kind"]))]);
  const kernels = (krr.properties?.["kernel"]?.anyOf ?? [])
    .filter(({ properties }) => properties !== undefined)
    .map((node): [string, string[]] => {
      const name = node.properties?.["name"];
      return [`kernel ${name?.const ?? name?.enum?.join(" ") ?? ""}`, fieldTable(node, new Set(["name"]))];
    });
  return new Map([
    ["fields", fieldTable(krr, new Set())],
    ["parameters krr", parameterTable(EXPERIMENTS.krr.parameters)],
    ["parameters noop", parameterTable(EXPERIMENTS.noop.parameters)],
    ["metrics krr", metricTable("krr")],
    ["curvature", fieldTable(krr.properties?.["curvature"] ?? {}, new Set())],
    ["screening", fieldTable(krr.properties?.["screening"] ?? {}, new Set())],
    ...networkParts(),
    ...choices("data", "source"),
    ...choices("attack", "kind").filter(([name]) => ATTACKS_WITH_SETTINGS.has(name)),
    ...triggers,
    ...kernels,
  ]);
}

function networkParts(): [string, string[]][] {
  const [linear, cnn] = [experimentNode("linear"), experimentNode("cnn")];
  const common = new Set(["name", "description", "experiment", "seed", "fixed", "axes", "job_points"]);
  const part = (name: string): SchemaNode => cnn.properties?.[name] ?? {};
  const named = (node: SchemaNode, tag: string, wanted: string): string[] =>
    fieldTable([...(node.anyOf ?? []), ...(node.oneOf ?? [])]
      .find(({ properties }) => properties?.[tag]?.const === wanted) ?? {}, new Set([tag]));
  const trigger = part("attack").properties?.["trigger"] ?? {};
  return [
    ["fields linear", fieldTable(linear, common)],
    ["fields cnn", fieldTable(cnn, common)],
    ["model small", named(part("model"), "name", "small")],
    ["model preresnet", named(part("model"), "name", "preresnet")],
    ["network attack", fieldTable(part("attack"), new Set())],
    ["network trigger warp", named(trigger, "kind", "warp")],
    ["network trigger blended", named(trigger, "kind", "blended")],
    ["training", fieldTable(part("training"), new Set())],
    ["measure", fieldTable(part("measure"), new Set())],
    ["parameters network", parameterTable(EXPERIMENTS.cnn.parameters)],
    ["metrics network", metricTable("cnn")],
  ];
}

function experimentNode(name: ExperimentName): SchemaNode {
  const { oneOf = [] } = studySchema();
  return oneOf.find(({ properties }) => properties?.["experiment"]?.const === name) ?? {};
}

const ORDER = ["name", "description", "experiment", "seed", "data", "attack", "kernel",
  "ridge_scaling", "fixed", "axes", "job_points"];

function fieldTable(node: SchemaNode, hidden: ReadonlySet<string>): string[] {
  const required = new Set(node.required);
  const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const fields = Object.entries(node.properties ?? {})
    .filter(([name]) => !hidden.has(name))
    .sort(([a], [b]) => place(a) - place(b));
  if (fields.length === 0) return ["No settings."];
  return table(
    ["field", "value", "default", "meaning"],
    fields.map(([name, field]) => [
      `\`${name}\``,
      valueText(field),
      required.has(name) ? "required" : defaultText(field),
      field.description ?? "",
    ]),
  );
}

function parameterTable(parameters: readonly Parameter[]): string[] {
  return table(
    ["parameter", "value", "default", "meaning"],
    parameters.map((one) => [
      `\`${one.name}\``,
      describeDomain({ ...one, max: one.max >= 1e6 ? Number.POSITIVE_INFINITY : one.max }),
      one.fallback === undefined ? "" : `\`${one.fallback}\``,
      one.comment,
    ]),
  );
}

function metricTable(name: ExperimentName): string[] {
  return table(
    ["column", "meaning"],
    EXPERIMENTS[name].metrics.map((metric) => [`\`${metric.name}\``, metric.comment]),
  );
}

/** "integer ≥ 1", "one of `a`, `b`": what may stand there. */
function valueText(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum !== undefined) return node.enum.map((one) => `\`${one}\``).join(", ");
  if (node.prefixItems !== undefined) {
    return `[${node.prefixItems.map((item) => item.type ?? "value").join(", ")}]`;
  }
  if (node.type === "array") {
    const { items } = node;
    return items === undefined || items === false ? "list" : `list of ${items.type}s`;
  }
  if (node.type === "integer" || node.type === "number") {
    return `${node.type} ${boundsText(node).join(" and ")}`.trim();
  }
  return OTHER_VALUES[node.type ?? ""] ?? "see below";
}

const OTHER_VALUES: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "`true`, `false`",
};

function boundsText(node: SchemaNode): string[] {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = node;
  // An integer above 0 is at least 1.
  const low =
    exclusiveMinimum !== undefined && node.type === "integer" ? exclusiveMinimum + 1 : minimum;
  const bounds: string[] = [];
  if (low !== undefined) bounds.push(`≥ ${low}`);
  else if (exclusiveMinimum !== undefined) bounds.push(`> ${exclusiveMinimum}`);
  if (maximum !== undefined) bounds.push(`≤ ${maximum}`);
  if (exclusiveMaximum !== undefined) bounds.push(`< ${exclusiveMaximum}`);
  return bounds;
}

function defaultText(node: SchemaNode): string {
  if (node.default === undefined) return "";
  const text = typeof node.default === "string" ? node.default : JSON.stringify(node.default);
  return text === "{}" ? "" : `\`${text}\``;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)];
}
