// All experiments by name: their own study-file fields, parameters and result columns.
import { z } from "zod";
import type { ResultColumn } from "../column.ts";
import type { Parameter } from "../parameter.ts";
import { krrFields, krrMetrics, krrParameters } from "./krr.ts";
import { noopMetrics, noopParameters } from "./noop.ts";

export const ExperimentName = z.enum(["krr", "noop"]);
export type ExperimentName = z.infer<typeof ExperimentName>;

export interface ExperimentWords {
  /** Part of a study's identity: raise it when the same spec gives other numbers than before. */
  readonly version: number;
  readonly fields: z.ZodRawShape;
  readonly parameters: readonly Parameter[];
  readonly metrics: readonly ResultColumn[];
}

export const EXPERIMENTS = {
  krr: { version: 1, fields: krrFields, parameters: krrParameters, metrics: krrMetrics },
  noop: { version: 1, fields: {}, parameters: noopParameters, metrics: noopMetrics },
} as const satisfies Record<ExperimentName, ExperimentWords>;

/** What `needs` of a column are looked up in: enough of a spec. */
interface Asking {
  readonly experiment: ExperimentName;
  readonly axes: Readonly<Record<string, unknown>>;
  readonly fixed: Readonly<Record<string, number>>;
}

/** The blocks, parameters and attack that a study file gives. */
function givenBy(spec: Asking): ReadonlySet<string> {
  const blocks = Object.entries(spec).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  // A fallback spelled out says nothing, here as in the study's identity.
  const fixed = EXPERIMENTS[spec.experiment].parameters
    .filter(({ name, fallback }) => name in spec.fixed && spec.fixed[name] !== fallback)
    .map(({ name }) => name);
  const attack = "attack" in spec ? AttackKind.safeParse(spec.attack).data?.kind : undefined;
  return new Set([...blocks, ...Object.keys(spec.axes), ...fixed, attack ?? ""]);
}
const AttackKind = z.object({ kind: z.string() });

/** The metrics that a study has: those that every study has, and those that it asks for. */
export function metricsOf(spec: Asking): readonly ResultColumn[] {
  const given = givenBy(spec);
  return EXPERIMENTS[spec.experiment].metrics.filter(({ needs }) =>
    needs === undefined || given.has(needs));
}

/** The columns of a study after study, point, job and status, in the table's order. */
export function columnsOf(spec: Asking): readonly ResultColumn[] {
  const given = givenBy(spec);
  return resultColumns(spec.experiment).filter(({ needs }) => needs === undefined || given.has(needs));
}

/** Every column of an experiment's result table after study, point, job and status, in order. */
export function resultColumns(experiment: ExperimentName): readonly ResultColumn[] {
  const { parameters, metrics } = EXPERIMENTS[experiment];
  const axes = parameters.map((parameter: Parameter): ResultColumn => {
    const { name, type, comment, fallback } = parameter;
    if (parameter.isOptional !== true) return { name, type, role: "axis", comment };
    return { name, type, role: "axis", comment, needs: name, fallback };
  });
  return [...axes, ...metrics];
}
