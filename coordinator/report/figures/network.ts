// Networks over their training: does the attack work before the input Hessian shows it?
import type { Panel } from "../chart/panel.ts";
import { facets, type Figure, seriesOf, share, spread } from "../figure.ts";
import { shortNumber } from "../../face/number.ts";
import { nameList, numberIn, type Row, type Subject } from "../subject.ts";

const isNetwork: Figure["fits"] = ({ experiment }) => experiment === "linear" || experiment === "cnn";

function curveQuery(subjects: readonly Subject[], metrics: readonly string[]): { sql: string; words: string } {
  const runs = [...new Set(subjects.map(({ spec }) => spec.experiment))]
    .map((view) => `select study, point, gradient_penalty, poison_rate from ${view}`)
    .join("\n  union all ");
  const sql = `with run as (
  ${runs}), most as (select study, max(poison_rate) as poison_rate from run group by study)
select study, gradient_penalty, epoch,
  ${metrics.map((name) => `avg(c.${name}) as ${name}`).join(", ")}
from curve c join run using (study, point) join most using (study, poison_rate)
where study in (${nameList(subjects)})
group by study, gradient_penalty, epoch
order by study, gradient_penalty, epoch`;
  return { sql, words: "at the largest poison rate" };
}

export const learning: Figure = {
  id: "learning",
  title: "Over training: success and visibility",
  reading:
    "A run's epochs from left to right, at the study's largest poison rate. The overlap is the squared cosine of the " +
    "mean input Hessian's top eigenvector (clean probes) with the trigger. Success that rises before the overlap is a " +
    "lag: the attack works while it cannot be seen.",
  fits: isNetwork,
  query: (subjects) => curveQuery(subjects, ["attack_success_rate", "clean_accuracy", "mean_hessian_overlap"]),
  panels: (rows, subjects) =>
    facets(rows, subjects, "gradient_penalty").map(({ title, rows: own }): Panel => {
      const line = (label: string, slot: number, name: string) => seriesOf(own, {
        label, slot, line: "solid", hasMarkers: true,
        x: (row) => numberIn(row, "epoch"), y: (row) => numberIn(row, name),
      });
      return {
        title, x: { label: "epoch", isLog: false }, y: share("share"),
        series: [
          line("attack success", 1, "attack_success_rate"),
          line("clean accuracy", 2, "clean_accuracy"),
          line("overlap with the trigger", 0, "mean_hessian_overlap"),
        ],
      };
    }),
};

export const gradientEnergy: Figure = {
  id: "gradient-energy",
  title: "Over training: energy of the input gradient",
  reading:
    "The mean of |∇ₓL|² at clean probes, which the penalty pushes down. Theorem 3.12 as summarised has it decay " +
    "exponentially; that is a property of the penalty's term alone. Under the whole loss it may rise, most of all from " +
    "a start without gradient.",
  fits: isNetwork,
  query: (subjects) => curveQuery(subjects, ["input_gradient_square"]),
  panels: (rows, subjects) =>
    subjects.map((subject): Panel => {
      const own = rows.filter((row) => row["study"] === subject.name);
      const values = spread([...new Set(own.map((row) => numberIn(row, "gradient_penalty")))]);
      const series = values.map((value, slot) => seriesOf(
        own.filter((row: Row) => numberIn(row, "gradient_penalty") === value), {
          label: `κ = ${shortNumber(value)}`, slot, line: "solid", hasMarkers: true,
          x: (row) => numberIn(row, "epoch"), y: (row) => numberIn(row, "input_gradient_square"),
        }));
      const title = subjects.length > 1 ? subject.label : "mean |∇ₓL|²";
      return { title, x: { label: "epoch", isLog: false }, y: { label: "mean |∇ₓL|²", isLog: true }, series };
    }),
};
