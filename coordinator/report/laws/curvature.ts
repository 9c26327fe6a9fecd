// Laws of the curvature that poisons leave, and of who sees it.
import type { StudySpec } from "../../../schema/study.ts";
import { KRR_AXES, KRR_LINE, type Law, placeSql } from "../law.ts";
import { isKrr, isRadialClones, nameList, varies } from "../subject.ts";

const hasCurvature = (spec: StudySpec): boolean => isKrr(spec) && spec.curvature !== undefined;

export const quadratic: Law = {
  id: "quadratic-spike",
  statement: "The poison's Gauss-Newton curvature is quadratic in its effect: spike / Δf² does not move with m",
  source: "arXiv 2602.00822, Th. 3.4 (shape)",
  measure: "|spike / Δf², relative to the line's last point, − 1|",
  tolerance: 1e-6, unit: "share", needs: "attack clones and a curvature block",
  fits: (spec) => hasCurvature(spec) && isRadialClones(spec),
  tests: (subjects) => `select study, abs(ratio / nullif(last_value(ratio) over line, 0) - 1) as deviation, place
from (select *, gn_spike / delta_f ^ 2 as ratio, ${placeSql(subjects, "krr", KRR_AXES)} as place
  from krr
  where status = 'ok' and delta_f <> 0 and gn_spike is not null and study in (${nameList(subjects)})) as point
window line as (partition by ${KRR_LINE.join(", ")} order by poison_count
  rows between unbounded preceding and unbounded following)`,
};

export const spikeConstant: Law = {
  id: "spike-law",
  statement: "The spike is R_k (Δf)² with R_k = |∇k|² / k²",
  source: "arXiv 2602.00822, Th. 3.4 (constant)",
  measure: "|spike / law − 1| of every poisoned point",
  tolerance: 0.1, unit: "share", needs: "attack clones and a curvature block",
  fits: hasCurvature,
  tests: (subjects) => `select study, abs(gn_spike / gn_spike_law - 1) as deviation,
  ${placeSql(subjects, "krr", KRR_AXES)} as place
from krr
where status = 'ok' and gn_spike_law > 0 and study in (${nameList(subjects)})`,
};

export const spikeIsTop: Law = {
  id: "spike-is-top",
  statement: "The spike is what the top eigenvalue shows: it stands out of the clean spectrum",
  source: "arXiv 2602.00822, Th. 3.4 (reading)",
  measure: "|spike / top eigenvalue − 1| on triggered probes",
  tolerance: 0.1, unit: "share", needs: "attack clones and a curvature block",
  fits: hasCurvature,
  tests: (subjects) => `select study, abs(gn_spike / gn_top_triggered - 1) as deviation,
  ${placeSql(subjects, "krr", KRR_AXES)} as place
from krr
where status = 'ok' and poison_count > 0 and gn_top_triggered > 0 and study in (${nameList(subjects)})`,
};

export const nearCloneLaw: Law = {
  id: "near-clone-law",
  statement: "Near the clone curvature vanishes for a given effect: l² spike / Δf² falls as (1/l)²",
  source: "arXiv 2602.00822, near-clone regime",
  measure: "how much the last step of l lost less than (l/l′)², as a ratio − 1",
  tolerance: 0.1, unit: "share", needs: "several length scales and a curvature block",
  fits: (spec) => hasCurvature(spec) && isRadialClones(spec) && varies(spec, "length_scale"),
  tests: (subjects) => `select study, ratio * (length_scale / before_scale) ^ 2 / before_ratio - 1 as deviation,
  'length_scale ' || before_scale || ' to ' || length_scale as place
from (select *, lag(ratio) over line as before_ratio, lag(length_scale) over line as before_scale,
    row_number() over (partition by study, replicate, ridge, target, trigger_strength
      order by length_scale desc) as from_the_end
  from (select study, replicate, ridge, target, trigger_strength, length_scale,
      avg(length_scale_absolute ^ 2 * gn_spike / delta_f ^ 2) as ratio
    from krr where status = 'ok' and delta_f <> 0 and gn_spike is not null and study in (${nameList(subjects)})
    group by 1, 2, 3, 4, 5, 6) as scale
  window line as (partition by study, replicate, ridge, target, trigger_strength order by length_scale)) as step
where from_the_end = 1 and before_ratio > 0`,
};

export const lagLaw: Law = {
  id: "lag-law",
  statement: "The attack works before any spike detector sees it",
  source: "arXiv 2602.00822, Remark 3.5",
  measure: "the lag in poisons, onset of success − onset of detection; −∞ where it is never seen",
  tolerance: 0, unit: "number", needs: "a curvature block and counts at which the attack succeeds",
  fits: hasCurvature,
  tests: (subjects) => `select study, lag as deviation, detector || ', ' || ${placeSql(subjects, "krr_lag", ["replicate", "length_scale", "ridge", "target"])} as place
from krr_lag
where success = 0.5 and detector <> 'trace' and study in (${nameList(subjects)})`,
};

export const invisible: Law = {
  id: "invisible",
  statement: "Where the attack works and the spike is not seen, curvature shows nothing",
  source: "arXiv 2602.00822, abstract; against it: the trace of the Hessian",
  measure: "power of the trace detector − ½ wherever attack success ≥ ½ and spike power < ½",
  tolerance: 0, unit: "number", needs: "curvature references, and counts at which the attack succeeds",
  fits: (spec) => isKrr(spec) && (spec.curvature?.references ?? 0) > 0,
  tests: (subjects) => `select study, conformal_trace_power - 0.5 as deviation,
  ${placeSql(subjects, "krr", KRR_AXES)} as place
from krr
where status = 'ok' and attack_success_rate >= 0.5 and conformal_gn_power < 0.5 and study in (${nameList(subjects)})`,
};
