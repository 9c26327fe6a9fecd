// Safety against efficacy: what a defence takes from the attack and from the model.
import type { Series } from "../chart/panel.ts";
import { facets, type Figure, spread } from "../figure.ts";
import { shortNumber } from "../../face/number.ts";
import { isKrr, numberIn, type Row, sliceOf, textIn, varies } from "../subject.ts";

const SLOTS = 6;

export const frontier: Figure = {
  id: "frontier",
  title: "The safety-efficacy frontier",
  reading:
    "Each mark is a defence: a gradient penalty κ and a ridge λ. Left is safe, up is useful. Lines follow κ from 0 on, " +
    "or λ where κ does not vary. Filled marks are on the frontier: no other setting beats them in both. A frontier that falls to the left " +
    "is the price of safety; a line that first runs to the right says that a little penalty helps the attack.",
  fits: (spec) => isKrr(spec) && (varies(spec, "gradient_penalty") || varies(spec, "ridge", 4)),
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["gradient_penalty", "ridge"]);
    const sql = `with mean as (
  select study, length_scale, poison_count, ridge, gradient_penalty,
    avg(attack_success_rate) as attack_success_rate, avg(clean_accuracy) as clean_accuracy
  from krr
  where status = 'ok' and poison_count > 0 and ${condition}
  group by study, length_scale, poison_count, ridge, gradient_penalty)
select *, not exists (select from mean o
  where (o.study, o.length_scale, o.poison_count) = (m.study, m.length_scale, m.poison_count)
    and o.attack_success_rate <= m.attack_success_rate and o.clean_accuracy >= m.clean_accuracy
    and (o.attack_success_rate < m.attack_success_rate or o.clean_accuracy > m.clean_accuracy)
  ) as is_pareto
from mean m
order by study, poison_count, ridge, gradient_penalty`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    facets(rows, subjects, "poison_count").map(({ title, rows: own, subject }) => ({
      title,
      x: { label: "attack success", isLog: false, domain: [0, 1] as const },
      y: { label: "clean accuracy", isLog: false },
      series: seriesAlong(own, varies(subject.spec, "gradient_penalty") ? "ridge" : "gradient_penalty"),
    })),
};

/** A line for each value of `column`, along the other of κ and λ. */
function seriesAlong(rows: readonly Row[], column: string): Series[] {
  const values = spread([...new Set(rows.map((row) => numberIn(row, column)))], SLOTS);
  const name = column === "ridge" ? "λ" : "κ";
  return values.map((value, slot) => ({
    label: `${name} = ${shortNumber(value)}`, slot, line: "solid", hasMarkers: true,
    points: rows.filter((row) => numberIn(row, column) === value).map((row) => ({
      x: numberIn(row, "attack_success_rate"),
      y: numberIn(row, "clean_accuracy"),
      isHollow: textIn(row, "is_pareto") !== "true",
      text: `κ ${shortNumber(numberIn(row, "gradient_penalty"))}, success ${shortNumber(numberIn(row, "attack_success_rate"))}, ` +
        `accuracy ${shortNumber(numberIn(row, "clean_accuracy"))}`,
    })),
  }));
}
