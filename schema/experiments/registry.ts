// All experiments by name: their own study-file fields, parameters and result columns.
import { z } from "zod";
import type { ResultColumn, SeriesTable } from "../column.ts";
import type { Parameter } from "../parameter.ts";
import { krrFields, krrMetrics, krrParameters } from "./krr.ts";
import {
  cnnFields,
  linearFields,
  networkMetrics,
  networkParameters,
  networkSeries,
} from "./network.ts";
import { noopMetrics, noopParameters } from "./noop.ts";

export const ExperimentName = z.enum(["krr", "linear", "cnn", "noop"]);
export type ExperimentName = z.infer<typeof ExperimentName>;

export interface ExperimentWords {
  /** Part of a study's identity: raise it when the same spec gives other numbers than before. */
  readonly version: number;
  /** The SQL table of its points; experiments may share one. */
  readonly table: string;
  readonly fields: z.ZodRawShape;
  readonly parameters: readonly Parameter[];
  readonly metrics: readonly ResultColumn[];
  /** Tables of rows that a point has any number of. */
  readonly series: readonly SeriesTable[];
}

const network = {
  version: 1,
  table: "network_result",
  parameters: networkParameters,
  metrics: networkMetrics,
  series: networkSeries,
} as const;

export const EXPERIMENTS = {
  krr: { version: 1, table: "krr_result", fields: krrFields, parameters: krrParameters,
    metrics: krrMetrics, series: [] },
  linear: { ...network, fields: linearFields },
  cnn: { ...network, fields: cnnFields },
  noop: { version: 1, table: "noop_result", fields: {}, parameters: noopParameters,
    metrics: noopMetrics, series: [] },
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

/** The result tables, each with the experiments whose points it holds. */
export function resultTables(): ReadonlyMap<string, readonly ExperimentName[]> {
  const tables = new Map<string, ExperimentName[]>();
  for (const name of ExperimentName.options) {
    const { table } = EXPERIMENTS[name];
    tables.set(table, [...(tables.get(table) ?? []), name]);
  }
  return tables;
}

/** Every table of rows that points have any number of. */
export function seriesTables(): readonly SeriesTable[] {
  const all = ExperimentName.options.flatMap((name): readonly SeriesTable[] => EXPERIMENTS[name].series);
  return [...new Map(all.map((one) => [one.table, one])).values()];
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
