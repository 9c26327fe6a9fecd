// Laws of efficacy: the paper's, and the exact one in its place.
import { KRR_AXES, KRR_LINE, type Law, placeSql } from "../law.ts";
import { isPlainKrr, isRadialClones, nameList } from "../subject.ts";

export const efficacyLaw: Law = {
  id: "efficacy-law",
  statement: "Δf = k₀ y m / (c + k(ζ, ζ) m): what m poisons do, the clean data left out",
  source: "arXiv 2602.00822, Th. 3.3",
  measure: "|Δf / law − 1| of every poisoned point",
  tolerance: 0.1, unit: "share", needs: "a krr study with poisons",
  fits: isPlainKrr,
  tests: (subjects) => `select study, abs(delta_f / delta_f_law - 1) as deviation,
  ${placeSql(subjects, "krr", KRR_AXES)} as place
from krr
where status = 'ok' and poison_count > 0 and delta_f_law <> 0 and study in (${nameList(subjects)})`,
};

export const saturation: Law = {
  id: "saturation",
  statement: "Δf ∝ m / (c + s m) along the poison count: the law's shape, with the posterior variance s",
  source: "exact model; corrects Th. 3.3",
  measure: "|Δf (c + s m) / m, relative to the line's last point, − 1|",
  tolerance: 1e-6, unit: "share", needs: "attack clones without gradient_penalty, and poisons",
  fits: (spec) => isPlainKrr(spec) && spec.attack.kind === "clones" && spec.ridge_scaling !== "total_n",
  tests: (subjects) => `select study, abs(scaled / nullif(last_value(scaled) over line, 0) - 1) as deviation, place
from (select *, delta_f * (ridge_absolute + posterior_variance * poison_count) / poison_count as scaled,
    ${placeSql(subjects, "krr", KRR_AXES)} as place
  from krr where status = 'ok' and poison_count > 0 and study in (${nameList(subjects)})) as point
window line as (partition by ${KRR_LINE.join(", ")} order by poison_count
  rows between unbounded preceding and unbounded following)`,
};

export const halfEffectLaw: Law = {
  id: "half-effect-law",
  statement: "Half of the ceiling takes c / k(ζ, ζ) poisons",
  source: "arXiv 2602.00822, S(m; λ)",
  measure: "how much more it takes, c / s: 1 / s − 1",
  tolerance: 0.1, unit: "share", needs: "attack clones and a kernel with a length scale",
  fits: isRadialClones,
  tests: (subjects) => `select distinct study, 1 / posterior_variance - 1 as deviation,
  ${placeSql(subjects, "krr", KRR_AXES.filter((name) => name !== "poison_count"))} as place
from krr
where status = 'ok' and posterior_variance > 0 and study in (${nameList(subjects)})`,
};

export const tightCluster: Law = {
  id: "tight-cluster",
  statement: "Distinct poisons act as clones: 1ᵀ(S + c)⁻¹1 = m / (c + s m)",
  source: "arXiv 2602.00822, Assumption 3.1",
  measure: "|γ (c + s m) / m − 1|, s the poisons' mean posterior variance",
  tolerance: 0.1, unit: "share", needs: "attack added",
  fits: (spec) => isPlainKrr(spec) && spec.attack.kind === "added",
  tests: (subjects) => `select study, abs(gamma * (ridge_absolute + posterior_variance * poison_count) / poison_count - 1) as deviation,
  ${placeSql(subjects, "krr", KRR_AXES)} as place
from krr
where status = 'ok' and poison_count > 0 and study in (${nameList(subjects)})`,
};
