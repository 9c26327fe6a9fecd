// What a report is about: stored studies, and the rows of them that a figure or a law looks at.
import { isRadial } from "../../schema/experiments/krr.ts";
import { isPenalised } from "../../schema/experiments/krr-penalty.ts";
import { axesOf, type KrrSpec, type StudySpec } from "../../schema/study.ts";
import type { Cell } from "../store/cell.ts";
import type { Coverage, StoredStudy } from "../store/port.ts";
import { shortNumber } from "../face/number.ts";
import { sqlText } from "./html.ts";

export interface Subject {
  readonly name: string;
  /** What a figure calls it: its kernel where that tells the figure's studies apart, else its name. */
  readonly label: string;
  readonly spec: StudySpec;
  readonly study: StoredStudy;
  readonly coverage: Coverage;
  /** Jobs that failed too often to be tried again. */
  readonly deadJobs: number;
}

/** A row of a query's answer by column name. */
export type Row = Readonly<Record<string, Cell>>;

/** A cell as a number; null and text are NaN. */
export function numberIn(row: Row, name: string): number {
  const value = row[name];
  return typeof value === "number" ? value : Number.NaN;
}

export function textIn(row: Row, name: string): string {
  return String(row[name] ?? "");
}

export function isKrr(spec: StudySpec): spec is KrrSpec {
  return spec.experiment === "krr";
}

/** Whether a study has several values of a parameter. */
export function varies(spec: StudySpec, name: string, least = 2): boolean {
  return (axesOf(spec).find((axis) => axis.name === name)?.values.length ?? 0) >= least;
}

/** Whether a kernel with a length scale is poisoned by clones, and no penalty changes the model. */
function isRadialClonesAlone(spec: StudySpec): spec is KrrSpec {
  return isKrr(spec) && !isPenalised(spec) && spec.attack.kind === "clones" && isRadial(spec.kernel);
}

/** A study of a probe's distance from the poison, whatever the kernel. */
export function isNearStudy(spec: StudySpec): spec is KrrSpec {
  return isKrr(spec) && !isPenalised(spec) && spec.attack.kind === "clones" && varies(spec, "probe_distance");
}

/**
 * A krr study without a penalty, which is what the laws of efficacy and curvature speak of. One
 * along a probe's distance has each such point many times, and laws of its own.
 */
export function isPlainKrr(spec: StudySpec): spec is KrrSpec {
  return isKrr(spec) && !isPenalised(spec) && !varies(spec, "probe_distance");
}

/** The same of clones on a kernel with a length scale. */
export function isRadialClones(spec: StudySpec): spec is KrrSpec {
  return isPlainKrr(spec) && isRadialClonesAlone(spec);
}

/** Parameters that no figure fixes: poisons are what everything is drawn along. */
const ALONG = new Set(["replicate", "poison_count", "poison_rate"]);

interface Slice {
  /** SQL: the rows of these studies at the chosen values of what the figure does not draw. */
  readonly condition: string;
  /** The same in words; "" where nothing had to be chosen. */
  readonly words: string;
}

/** Fixes every axis that is not drawn at its middle value; `drawn` may name any. */
export function sliceOf(subjects: readonly Subject[], drawn: readonly string[]): Slice {
  const chosen = subjects.map(({ name, label, spec }) => {
    const fixed = axesOf(spec)
      .filter((axis) => axis.values.length > 1 && !ALONG.has(axis.name) && !drawn.includes(axis.name))
      .map((axis) => ({ name: axis.name, value: axis.values[(axis.values.length - 1) >> 1] ?? 0 }));
    const condition = [`study = ${sqlText(name)}`, ...fixed.map((one) => `${one.name} = ${one.value}`)];
    const words = fixed.map((one) => `${one.name} ${shortNumber(one.value)}`).join(", ");
    return { condition: condition.join(" and "), words: words === "" ? "" : `${label} at ${words}` };
  });
  const [only] = chosen;
  const condition = chosen.length === 1 && only !== undefined
    ? only.condition
    : `(${chosen.map((one) => one.condition).join("\n    or ")})`;
  return { condition, words: chosen.map(({ words }) => words).filter((words) => words !== "").join("; ") };
}

/** `'a', 'b'`: names of studies for SQL. */
export function nameList(subjects: readonly Subject[]): string {
  return subjects.map(({ name }) => sqlText(name)).join(", ");
}
