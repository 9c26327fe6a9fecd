// A law of the paper, or its correction, set against measurement.
//
// A law's query gives one row per test: `study`, `deviation`, `place`. A deviation is how far the
// measurement is from what the law says; at or below the law's tolerance it is as the law says. The
// verdict follows from the largest and the mean deviation, so that it is arithmetic over rows
// which anyone can repeat with the query that stands beside it.
import { shortNumber } from "../face/number.ts";
import type { StudySpec } from "../../schema/study.ts";
import { numberIn, type Row, type Subject, textIn } from "./subject.ts";

export interface Law {
  readonly id: string;
  /** What it says, in one sentence. */
  readonly statement: string;
  /** Where it is from. */
  readonly source: string;
  /** What the deviation is, in words; ends a sentence that begins with "Deviation:". */
  readonly measure: string;
  /** Largest deviation that is as the law says. */
  readonly tolerance: number;
  readonly unit: "share" | "number";
  /** What a study needs for it, said where none has it. */
  readonly needs: string;
  fits(spec: StudySpec): boolean;
  /** Of studies that fit, those that can be tested beside each other; absent: each by itself. */
  among?(subjects: readonly Subject[]): readonly Subject[];
  /** SQL: select study, deviation, place. */
  tests(subjects: readonly Subject[]): string;
}

export type Verdict = "holds" | "holds on average" | "does not hold here" | "not tested";

export interface Finding {
  readonly law: Law;
  readonly subject: Subject;
  /** Tests made: points, or steps between points. */
  readonly tested: number;
  readonly worst: number;
  readonly mean: number;
  /** Where the worst deviation was found. */
  readonly place: string;
  readonly verdict: Verdict;
}

/** The query of a law's verdict: tests, worst and mean deviation for each study. */
export function findingQuery(law: Law, subjects: readonly Subject[]): string {
  return `with test as (
${indented(law.tests(subjects))})
select study, count(*) as tested, max(deviation) as worst, avg(deviation) as mean,
  (array_agg(place order by deviation desc))[1] as place
from test
where deviation <> 'NaN'
group by study
order by study`;
}

const indented = (sql: string): string => sql.split("\n").map((line) => `  ${line}`).join("\n");

export function findingOf(law: Law, subject: Subject, rows: readonly Row[]): Finding {
  const row = rows.find((one) => one["study"] === subject.name) ?? {};
  const tested = Number.isNaN(numberIn(row, "tested")) ? 0 : numberIn(row, "tested");
  const [worst, mean] = [numberIn(row, "worst"), numberIn(row, "mean")];
  const verdict = verdictOf({ tested, worst, mean, tolerance: law.tolerance });
  return { law, subject, tested, worst, mean, place: textIn(row, "place"), verdict };
}

export function verdictOf(found: { readonly tested: number; readonly worst: number; readonly mean: number; readonly tolerance: number }): Verdict {
  const { tested, worst, mean, tolerance } = found;
  if (tested === 0) return "not tested";
  if (worst <= tolerance) return "holds";
  return mean <= tolerance ? "holds on average" : "does not hold here";
}

/** A deviation as a reader wants it: a percentage up to ten-fold, a factor beyond. */
export function deviationText(value: number, unit: Law["unit"]): string {
  if (value === Number.NEGATIVE_INFINITY) return "−∞";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "–";
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (unit === "number") return sign + shortNumber(size);
  // Rounding of the stored numbers themselves.
  if (size !== 0 && size < 1e-9) return "rounding";
  return size >= 10 ? `${sign}${shortNumber(size + 1, 2)} times` : `${sign}${shortNumber(100 * size)} %`;
}

/** SQL for a row's place, such as `length_scale 0.5, poison_count 20`: the axes that vary somewhere. */
export function placeSql(subjects: readonly Subject[], from: string, columns: readonly string[]): string {
  const named = new Set(subjects.flatMap(({ spec }) => Object.keys(spec.axes)));
  const shown = columns.filter((name) => named.has(name) || (name === "poison_count" && named.has("poison_rate")));
  if (shown.length === 0) return "''";
  return shown.map((name) => `'${name} ' || ${from}.${name}`).join(" || ', ' || ");
}

/** The axes of a krr point, for `placeSql`. */
export const KRR_AXES = [
  "replicate", "length_scale", "ridge", "target", "trigger_strength", "gradient_penalty", "probe_distance", "poison_count",
] as const;
/** Points that differ in `poison_count` alone share these. */
export const KRR_LINE = [
  "study", "replicate", "length_scale", "ridge", "target", "trigger_strength", "gradient_penalty", "probe_distance",
] as const;
