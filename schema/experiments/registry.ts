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

/** The metrics that a study has: those that every study has, and those that its blocks ask for. */
export function metricsOf(spec: { readonly experiment: ExperimentName }): readonly ResultColumn[] {
  const given = new Map(Object.entries(spec));
  return EXPERIMENTS[spec.experiment].metrics.filter(({ needs }) =>
    needs === undefined || given.get(needs) !== undefined);
}

/** The columns of a study after study, point, job and status, in the table's order. */
export function columnsOf(spec: { readonly experiment: ExperimentName }): readonly ResultColumn[] {
  const own = new Set(metricsOf(spec));
  return resultColumns(spec.experiment).filter((column) => column.role === "axis" || own.has(column));
}

/** Every column of an experiment's result table after study, point, job and status, in order. */
export function resultColumns(experiment: ExperimentName): readonly ResultColumn[] {
  const { parameters, metrics } = EXPERIMENTS[experiment];
  const axes = parameters.map(({ name, type, comment }) =>
    ({ name, type, role: "axis", comment }) as const);
  return [...axes, ...metrics];
}
