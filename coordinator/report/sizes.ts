// Studies that differ in nothing but how many clean rows they have: what poisons need, by size.
//
// Clones reach half of what they can where their share of the response is one half. With the ridge c
// fixed that is m = c / s; with c = λ (n + m) the ceiling is 1 / (λ + s), and half of it is at
// θ = λ / (2 λ + s). In both, share / (1 − share) is proportional to m for a steady s, which gives
// the half-effect count from any row; the row nearest to half is taken.
import type { KrrSpec, StudySpec } from "../../schema/study.ts";
import { isPlainKrr, nameList, type Subject } from "./subject.ts";
import { sqlText } from "./html.ts";

export function isSizeStudy(spec: StudySpec): spec is KrrSpec {
  return isPlainKrr(spec) && spec.attack.kind === "clones" && spec.intercept !== true;
}

/** Families of studies that are alike but for their size, the fewest rows first; without those alone. */
export function sizeFamilies(subjects: readonly Subject[]): readonly (readonly Subject[])[] {
  const families = new Map<string, Subject[]>();
  for (const subject of subjects) {
    if (!isSizeStudy(subject.spec)) continue;
    const { name: _, description: __, data, ...rest } = subject.spec;
    const key = JSON.stringify([{ ...data, train: 0 }, rest]);
    families.set(key, [...(families.get(key) ?? []), subject]);
  }
  return [...families.values()]
    .map((family) => family.toSorted((a, b) => rowsOf(a) - rowsOf(b)))
    .filter((family) => new Set(family.map(rowsOf)).size > 1);
}

const rowsOf = ({ spec }: Subject): number => ("data" in spec ? spec.data.train : 0);

/** Those that have a smaller one of their kind beside them. */
export function comparable(subjects: readonly Subject[]): readonly Subject[] {
  return sizeFamilies(subjects).flat();
}

const LINE = ["replicate", "length_scale", "ridge", "target", "trigger_strength"] as const;

/**
 * SQL of a table `half`: study, family, its ridge_scaling as `scaling`, n, the line's axes, and the
 * half-effect count as half_count.
 */
export function halfCounts(subjects: readonly Subject[]): string {
  const families = sizeFamilies(subjects);
  const values = families.flatMap((family, index) => family.map((subject) => {
    const scaling = isSizeStudy(subject.spec) ? subject.spec.ridge_scaling : "";
    return `(${sqlText(subject.name)}, ${index}, ${sqlText(scaling)}, ${rowsOf(subject)})`;
  }));
  return `size(study, family, scaling, n) as (values ${values.join(", ")}),
response as (
  select study, family, scaling, n, ${LINE.join(", ")}, poison_count,
    gamma * (posterior_variance + case when scaling = 'total_n' then ridge else 0 end) as share
  from krr join size using (study)
  where status = 'ok' and poison_count > 0 and study in (${nameList(families.flat())})),
half as (
  select distinct on (study, ${LINE.join(", ")}) *, poison_count * (1 - share) / share as half_count
  from response where share > 0 and share < 1
  order by study, ${LINE.join(", ")}, abs(ln(share / (1 - share))))`;
}

export const SIZE_LINE = LINE;
