// The closed form of poisoned linear ridge regression against what the exact model measures.
import { type Law, placeSql } from "../law.ts";
import { isLinearRidge, lawTable, LINEAR_SETTING } from "../linear-studies.ts";

export const linearRidgeLaw: Law = {
  id: "linear-ridge",
  statement: "Linear ridge on Gaussian classes has attack success Φ((b₀ + b·x) / |β|), in closed form",
  source: "arXiv 2505.15175, isotropic case; docs/science/krr.md",
  measure: "|mean over replicates − closed form| of attack success and of clean accuracy, the larger",
  tolerance: 0.02, unit: "number", needs: "the linear kernel on source gaussian, attack added or replace, and an additive trigger",
  fits: isLinearRidge,
  tests: (subjects) => `select study, greatest(abs(success - success_law), abs(accuracy - accuracy_law)) as deviation, place
from (with ${lawTable(subjects).replaceAll("\n", "\n  ")}
  select study, avg(attack_success_rate) as success, avg(clean_accuracy) as accuracy, success_law, accuracy_law,
    ${placeSql(subjects, "krr", LINEAR_SETTING.filter((name) => name !== "study")).replaceAll("krr.", "law.")} as place
  from krr join law using (${LINEAR_SETTING.join(", ")})
  where status = 'ok'
  group by ${LINEAR_SETTING.join(", ")}, success_law, accuracy_law${["ridge", "trigger_strength", "target", "poison_count"].map((name) => `, law.${name}`).join("")}) as mean`,
};
