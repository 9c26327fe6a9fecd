// What the gradient penalty does: capacity falls, and the attack with it, at a price.
import { bandAxis, facets, type Figure, seriesOf, share } from "../figure.ts";
import { isKrr, numberIn, type Row, sliceOf, varies } from "../subject.ts";

export const penalty: Figure = {
  id: "penalty",
  title: "What the gradient penalty takes away",
  reading:
    "Along κ. Degrees of freedom (as a share of those without penalty) fall strictly: Theorem 3.9, proved and " +
    "measured. The training residual (as a share of its largest value) is said to rise, which holds on average " +
    "over labels and need not for one. Attack success and clean accuracy say what that means to users.",
  fits: (spec) => isKrr(spec) && varies(spec, "gradient_penalty"),
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["gradient_penalty"]);
    const sql = `select study, poison_count, gradient_penalty, avg(effective_dof) as effective_dof,
  avg(train_mse) as train_mse, avg(attack_success_rate) as attack_success_rate,
  avg(clean_accuracy) as clean_accuracy
from krr
where status = 'ok' and ${condition}
group by study, poison_count, gradient_penalty
order by study, poison_count, gradient_penalty`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    facets(rows, subjects, "poison_count").map(({ title, rows: own }) => {
      const { axis, place } = bandAxis(own, "gradient_penalty", "gradient penalty κ");
      const largest = (name: string): number => Math.max(...own.map((row) => numberIn(row, name)));
      const relative = (name: string) => {
        const most = largest(name);
        return (row: Row): number => numberIn(row, name) / most;
      };
      const line = (label: string, slot: number, y: (row: Row) => number) =>
        seriesOf(own, { label, slot, line: "solid", hasMarkers: true, x: place, y });
      return {
        title, x: axis, y: share("share"),
        series: [
          line("attack success", 1, (row) => numberIn(row, "attack_success_rate")),
          line("clean accuracy", 2, (row) => numberIn(row, "clean_accuracy")),
          line("degrees of freedom", 0, relative("effective_dof")),
          line("training residual", 3, relative("train_mse")),
        ],
      };
    }),
};
