// Does a number of poisons matter, or a share? Half-effect counts of studies of several sizes.
import { type Law, placeSql } from "../law.ts";
import { comparable, halfCounts, isSizeStudy, SIZE_LINE } from "../sizes.ts";
import type { Subject } from "../subject.ts";

/** Of each line: `value` beside that of the family's fewest rows. */
const besideSmallest = (subjects: readonly Subject[], value: string): string => `select study, abs(value / first - 1) as deviation, place
from (with ${halfCounts(subjects).replaceAll("\n", "\n  ")}
  select *, ${value} as value, first_value(${value}) over line as first, row_number() over line as nth,
    ${placeSql(subjects, "half", SIZE_LINE)} as place
  from half
  window line as (partition by family, ${SIZE_LINE.join(", ")} order by n)) as sized
where nth > 1`;

const shared = {
  tolerance: 0.1, unit: "share",
  needs: "clones, and the same study with another data.train beside it, of which the smallest is what others are compared with",
  fits: isSizeStudy, among: comparable,
} as const;

export const countLaw: Law = {
  ...shared,
  id: "count-law",
  statement: "A number of poisons matters: half of the ceiling takes as many, however many clean rows there are",
  source: "reading of arXiv 2510.07192; exact for a fixed c and a poison that is alone",
  measure: "|half-effect count / that with the fewest clean rows − 1|",
  tests: (subjects) => besideSmallest(subjects, "half_count"),
};

export const shareLaw: Law = {
  ...shared,
  id: "share-law",
  statement: "A share of poisons matters: half of the ceiling takes the same m / (n + m), however many clean rows there are",
  source: "reading of arXiv 2505.15175; exact for c = λ (n + m) and a poison that is alone",
  measure: "|half-effect share / that with the fewest clean rows − 1|",
  tests: (subjects) => besideSmallest(subjects, "half_count / (n + half_count)"),
};
