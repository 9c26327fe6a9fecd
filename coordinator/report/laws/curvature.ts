// Laws of the curvature that poisons leave, and of who sees it.
import { hasCorner } from "../../../schema/experiments/krr.ts";
import type { StudySpec } from "../../../schema/study.ts";
import { KRR_AXES, KRR_LINE, type Law, placeSql } from "../law.ts";
import { isNearStudy, isPlainKrr, nameList, type Subject } from "../subject.ts";

const hasCurvature = (spec: StudySpec): boolean => isPlainKrr(spec) && spec.curvature !== undefined;

export const quadratic: Law = {
  id: "quadratic-spike",
  statement: "The poison's Gauss-Newton curvature is quadratic in its effect: spike / Δf² does not move with m",
  source: "arXiv 2602.00822, Th. 3.4 (shape)",
  measure: "|spike / Δf², relative to the line's last point, − 1|",
  tolerance: 1e-6, unit: "share", needs: "a curvature block, attack clones, and poisons",
  fits: hasCurvature,
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
  tolerance: 0.1, unit: "share", needs: "a curvature block, attack clones, and poisons",
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
  tolerance: 0.1, unit: "share", needs: "a curvature block, attack clones, and poisons",
  fits: hasCurvature,
  tests: (subjects) => `select study, abs(gn_spike / gn_top_triggered - 1) as deviation,
  ${placeSql(subjects, "krr", KRR_AXES)} as place
from krr
where status = 'ok' and poison_count > 0 and gn_top_triggered > 0 and study in (${nameList(subjects)})`,
};

/** At the most poisons, the smallest and the next distance of each line. */
const nearest = (subjects: readonly Subject[], columns: string): string => `select *
  from (select *, row_number() over line as nth, ${columns},
      poison_count = max(poison_count) over (partition by study) as is_most,
      ${placeSql(subjects, "krr", KRR_AXES)} as place
    from krr where status = 'ok' and delta_f_near is not null and study in (${nameList(subjects)})
    window line as (partition by ${[...KRR_LINE.filter((name) => name !== "probe_distance"), "poison_count"].join(", ")}
      order by probe_distance)) as near
  where nth = 1 and is_most`;

export const nearEfficacy: Law = {
  id: "near-efficacy",
  statement: "Near the clone the poison's effect is of order one",
  source: "arXiv 2602.00822, near-clone regime",
  measure: "½ − Δf at the nearest probe, with the most poisons; negative: more than half",
  tolerance: 0, unit: "number", needs: "a probe_distance axis",
  fits: isNearStudy,
  tests: (subjects) => `select study, 0.5 - delta_f_near as deviation, place
from (${nearest(subjects, "0 as unused")}) as near`,
};

/** As r² between the nearest probe and the next: how far `square` is from that. */
const asSquareOfDistance = (subjects: readonly Subject[], square: string): string =>
  `select study, (next_distance / probe_distance) ^ 2 * own_square / next_square - 1 as deviation, place
from (${nearest(subjects, `${square} as own_square,
      lead(${square}) over line as next_square, lead(probe_distance) over line as next_distance`)}) as near
where probe_distance > 0 and next_square > 0`;

export const nearKernel: Law = {
  id: "near-kernel",
  statement: "The kernel has a near-clone regime: R_k = |∇k|² / k² falls as r²",
  source: "arXiv 2602.00822, near-clone regime; needs a k(x, ζ) that is stationary at ζ",
  measure: "R_k at the nearest probe beside that at the next, (r′/r)² R_k(r) / R_k(r′) − 1",
  tolerance: 0.1, unit: "share", needs: "a probe_distance axis",
  fits: isNearStudy,
  tests: (subjects) => asSquareOfDistance(subjects, "gn_spike_law_near / nullif(delta_f_law_near, 0) ^ 2"),
};

export const nearVanishing: Law = {
  id: "near-vanishing",
  statement: "Near the clone the poison's Gauss-Newton curvature vanishes, as r²",
  source: "arXiv 2602.00822, near-clone regime",
  measure: "curvature at the nearest probe beside that at the next, (r′/r)² Λ(r) / Λ(r′) − 1",
  tolerance: 0.1, unit: "share", needs: "a probe_distance axis",
  fits: isNearStudy,
  tests: (subjects) => asSquareOfDistance(subjects, "gn_spike_near"),
};

export const nearFloor: Law = {
  id: "near-floor",
  statement: "Near the clone it tends to the floor γ² |r|² |∇s|² / 4: it vanishes only where the posterior variance s is stationary",
  source: "exact model; corrects the near-clone regime",
  measure: "|curvature at the nearest probe / floor − 1| where the law is below a tenth of the floor",
  tolerance: 0.1, unit: "share", needs: "a smooth kernel, and a probe so near that the floor is reached",
  fits: (spec) => isNearStudy(spec) && !hasCorner(spec.kernel),
  tests: (subjects) => `select study, abs(gn_spike_near / gn_spike_floor - 1) as deviation, place
from (${nearest(subjects, "0 as unused")}) as near
where gn_spike_floor > 10 * gn_spike_law_near`,
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
  fits: (spec) => isPlainKrr(spec) && (spec.curvature?.references ?? 0) > 0,
  tests: (subjects) => `select study, conformal_trace_power - 0.5 as deviation,
  ${placeSql(subjects, "krr", KRR_AXES)} as place
from krr
where status = 'ok' and attack_success_rate >= 0.5 and conformal_gn_power < 0.5 and study in (${nameList(subjects)})`,
};
