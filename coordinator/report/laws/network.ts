// Laws that networks in training are held to.
import type { StudySpec } from "../../../schema/study.ts";
import { type Law, placeSql } from "../law.ts";
import { nameList, type Subject } from "../subject.ts";

const AXES = ["replicate", "augmentation", "gradient_penalty", "poison_rate"] as const;
const isNetwork = ({ experiment }: StudySpec): boolean => experiment === "linear" || experiment === "cnn";

const runs = (subjects: readonly Subject[], columns: readonly string[]): string =>
  [...new Set(subjects.map(({ spec }) => spec.experiment))]
    .map((view) => `select ${["study", "point", "status", ...AXES, ...columns].join(", ")} from ${view}`)
    .join(" union all ");

export const contraction: Law = {
  id: "contraction",
  statement: "The input gradient's energy only shrinks under a penalty",
  source: "arXiv 2602.00822, Th. 3.12; a property of the penalty's term alone",
  measure: "growth of mean |∇ₓL|² from one measured epoch to the next, of runs with κ > 0",
  tolerance: 0, unit: "share", needs: "a linear or cnn study with a gradient_penalty",
  fits: isNetwork,
  tests: (subjects) => `select study, energy / before - 1 as deviation, place
from (select study, c.epoch, c.input_gradient_square as energy,
    lag(c.input_gradient_square) over (partition by study, point order by c.epoch) as before,
    'epoch ' || c.epoch || ', ' || ${placeSql(subjects, "run", AXES)} as place
  from (${runs(subjects, [])}) as run join curve c using (study, point)
  where status = 'ok' and gradient_penalty > 0 and study in (${nameList(subjects)})) as step
where before > 0`,
};

export const networkLagLaw: Law = {
  id: "network-lag",
  statement: "In training, the attack works before the top eigenvector shows it",
  source: "arXiv 2602.00822, section 5",
  measure: "the lag in epochs, onset of success − onset of visibility; −∞ where it is never seen",
  tolerance: 0, unit: "number", needs: "a linear or cnn study in which the attack succeeds",
  fits: isNetwork,
  tests: (subjects) => `select study, lag_epochs as deviation, ${placeSql(subjects, "run", AXES)} as place
from (${runs(subjects, ["lag_epochs"])}) as run
where status = 'ok' and study in (${nameList(subjects)})`,
};
