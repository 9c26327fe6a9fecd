// Does a gradient penalty act as a longer length scale? Both along the same axis, √(l² + 2κ).
import type { Panel, Series } from "../chart/panel.ts";
import { type Figure, seriesOf, share, spread } from "../figure.ts";
import { shortNumber } from "../../face/number.ts";
import { isKrr, numberIn, type Row, sliceOf, varies } from "../subject.ts";

const METRICS = [
  ["effective_dof", "degrees of freedom"], ["attack_success_rate", "attack success"], ["clean_accuracy", "clean accuracy"],
] as const;
/** Length scales that are drawn with their penalties. */
const SCALES_MAX = 3;

export const lengthScale: Figure = {
  id: "penalty-length-scale",
  title: "Is a gradient penalty a longer length scale?",
  reading:
    "On dense data with a negligible ridge, a penalty κ fits a bump of width l as one of width √(l² + 2κ). Read as a rule for " +
    "models, a kernel of length scale l with penalty κ (dashed) would do what a kernel of length scale √(l² + 2κ) does without one " +
    "(solid): the lines would lie on each other. Where they part, smoothing what was fitted is not fitting with smoother functions. " +
    "With the most poisons of the study; degrees of freedom as a share of the largest.",
  fits: (spec) => isKrr(spec) && varies(spec, "gradient_penalty") && varies(spec, "length_scale", 3),
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["length_scale", "gradient_penalty"]);
    const sql = `select study, length_scale_absolute, gradient_penalty, avg(length_scale_effective) as length_scale_effective,
  ${METRICS.map(([name]) => `avg(${name}) as ${name}`).join(", ")}
from krr
join (select study, max(poison_count) as poison_count from krr group by study) as most
  using (study, poison_count)
where status = 'ok' and ${condition}
group by study, length_scale_absolute, gradient_penalty
order by study, length_scale_absolute, gradient_penalty`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    subjects.flatMap(({ name, label }) => {
      const own = rows.filter((row) => row["study"] === name);
      const most = Math.max(...own.map((row) => numberIn(row, "effective_dof")));
      const scales = own.map((row) => numberIn(row, "length_scale_effective"));
      return METRICS.map(([metric, words]): Panel => ({
        title: subjects.length > 1 ? label : words,
        x: { label: "length scale √(l² + 2κ)", isLog: true, domain: [Math.min(...scales), Math.max(...scales)] },
        y: share(words),
        series: seriesFor(own, (row) => numberIn(row, metric) / (metric === "effective_dof" ? most : 1)),
      }));
    }),
};

function seriesFor(rows: readonly Row[], y: (row: Row) => number): Series[] {
  const x = (row: Row): number => numberIn(row, "length_scale_effective");
  const scales = [...new Set(rows.map((row) => numberIn(row, "length_scale_absolute")))];
  const plain = rows.filter((row) => numberIn(row, "gradient_penalty") === 0);
  return [
    seriesOf(plain, { label: "no penalty", slot: 0, line: "solid", hasMarkers: true, x, y }),
    ...spread(scales.slice(0, -1), SCALES_MAX).map((scale, index) =>
      seriesOf(rows.filter((row) => numberIn(row, "length_scale_absolute") === scale), {
        label: `penalty on l = ${shortNumber(scale)}`, slot: index + 1, line: "dashed", hasMarkers: true, x, y,
      })),
  ];
}
