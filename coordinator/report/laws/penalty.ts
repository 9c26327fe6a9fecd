// Laws of the gradient penalty: capacity, residual, and the price of safety.
import type { StudySpec } from "../../../schema/study.ts";
import { KRR_AXES, KRR_LINE, type Law, placeSql } from "../law.ts";
import { isKrr, nameList, varies, type Subject } from "../subject.ts";

/** Points that differ in κ alone share these, and the poison count. */
const ALONG_PENALTY = KRR_LINE.filter((name) => name !== "gradient_penalty");

const hasPenalties = (spec: StudySpec): boolean => isKrr(spec) && varies(spec, "gradient_penalty");

/** Steps along κ: how much `metric` rose from one value to the next, as a share. */
function steps(subjects: readonly Subject[], metric: string, sign: "" | "-"): string {
  return `select study, ${sign}(${metric} / before - 1) as deviation, place
from (select *, lag(${metric}) over line as before, ${placeSql(subjects, "krr", KRR_AXES)} as place
  from krr where status = 'ok' and study in (${nameList(subjects)})
  window line as (partition by ${[...ALONG_PENALTY, "poison_count"].join(", ")}
    order by gradient_penalty)) as step
where before > 0`;
}

export const degreesOfFreedom: Law = {
  id: "degrees-of-freedom",
  statement: "Degrees of freedom fall strictly with κ",
  source: "arXiv 2602.00822, Th. 3.9",
  measure: "growth of the degrees of freedom from one κ to the next; negative: they fell",
  tolerance: 0, unit: "share", needs: "a gradient_penalty axis",
  fits: hasPenalties,
  tests: (subjects) => steps(subjects, "effective_dof", ""),
};

export const residual: Law = {
  id: "residual",
  statement: "The training residual rises with κ",
  source: "arXiv 2602.00822, Th. 3.9; false for single label vectors",
  measure: "how much the residual fell from one κ to the next; negative: it rose",
  tolerance: 0, unit: "share", needs: "a gradient_penalty axis",
  fits: hasPenalties,
  tests: (subjects) => steps(subjects, "train_mse", "-"),
};

export const lengthScale: Law = {
  id: "penalty-length-scale",
  statement: "κ acts as a longer length scale: as √(l² + 2κ) in place of l",
  source: "arXiv 2602.00822, Remark 3.10; exact for the width of a bump, on dense data with a negligible ridge",
  measure: "|degrees of freedom at (l, κ) / those at (√(l² + 2κ), 0) − 1|, ridge and poisons alike",
  tolerance: 0.1, unit: "share",
  needs: "a gradient_penalty axis from 0, and length scales of which some are √(l² + 2κ) of others",
  fits: (spec) => hasPenalties(spec) && varies(spec, "length_scale"),
  tests: (subjects) => `select p.study, abs(p.effective_dof / r.effective_dof - 1) as deviation,
  ${placeSql(subjects, "p", KRR_AXES)} as place
from krr p join krr r using (${[...ALONG_PENALTY.filter((name) => name !== "length_scale"), "poison_count"].join(", ")})
where p.gradient_penalty > 0 and r.gradient_penalty = 0 and p.status = 'ok' and r.status = 'ok'
  and abs(r.length_scale_absolute / p.length_scale_effective - 1) < 1e-6 and p.study in (${nameList(subjects)})`,
};

export const suppression: Law = {
  id: "suppression",
  statement: "The attack loses success as κ grows",
  source: "arXiv 2602.00822, abstract",
  measure: "gain in attack success from one κ to the next at a poisoned point; negative: it fell",
  tolerance: 0.01, unit: "number", needs: "a gradient_penalty axis",
  fits: hasPenalties,
  tests: (subjects) => `select study, attack_success_rate - before as deviation, place
from (select *, lag(attack_success_rate) over line as before, ${placeSql(subjects, "krr", KRR_AXES)} as place
  from krr where status = 'ok' and poison_count > 0 and study in (${nameList(subjects)})
  window line as (partition by ${[...ALONG_PENALTY, "poison_count"].join(", ")}
    order by gradient_penalty)) as step
where before is not null`,
};

export const tradeOff: Law = {
  id: "trade-off",
  statement: "Safety has a price: a κ that takes the attack below 10 % takes clean accuracy too",
  source: "arXiv 2602.00822, abstract",
  measure: "clean accuracy of the best such κ − that without penalty",
  tolerance: 0, unit: "number", needs: "a gradient_penalty axis from 0, and counts at which the attack succeeds without it",
  fits: hasPenalties,
  tests: (subjects) => `select z.study, max(r.clean_accuracy) - z.clean_accuracy as deviation,
  ${placeSql(subjects, "z", KRR_AXES.filter((name) => name !== "gradient_penalty"))} as place
from krr z join krr r using (${[...ALONG_PENALTY, "poison_count"].join(", ")})
where z.gradient_penalty = 0 and z.status = 'ok' and r.status = 'ok'
  and z.attack_success_rate >= 0.5 and r.attack_success_rate < 0.1 and z.study in (${nameList(subjects)})
group by z.clean_accuracy, ${[...ALONG_PENALTY, "poison_count"].map((name) => `z.${name}`).join(", ")}`,
};
