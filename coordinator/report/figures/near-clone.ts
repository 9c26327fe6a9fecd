// The near-clone regime: efficacy stays of order one while the Gauss-Newton curvature vanishes.
import type { Panel } from "../chart/panel.ts";
import { type Figure, seriesOf, spread } from "../figure.ts";
import { shortNumber } from "../../face/number.ts";
import { isNearStudy, nameList, numberIn, type Row } from "../subject.ts";

export const nearClone: Figure = {
  id: "near-clone",
  title: "Near the clone: efficacy of order one, curvature or none",
  reading:
    "A probe at distance r from the poison, with the most poisons of the study; near the clone is to the left. Above: the " +
    "effect Δf, which stays of order one. Below: the poison's Gauss-Newton curvature. The paper's law (dashed) says " +
    "that it vanishes as r² for a smooth kernel, and that the cusp of laplace does not let it. The exact value " +
    "(solid) goes along with the law down to a floor, which is where the posterior variance is not stationary at the " +
    "poison: low at short length scales, where the poison is alone, and high where clean images crowd in.",
  fits: isNearStudy,
  query(subjects) {
    const sql = `select study, length_scale, probe_distance,
  avg(delta_f_near) as delta_f_near, avg(delta_f_law_near) as delta_f_law_near,
  avg(gn_spike_near) as gn_spike_near, avg(gn_spike_law_near) as gn_spike_law_near
from krr
join (select study, max(poison_count) as poison_count from krr group by study) as most
  using (study, poison_count)
where status = 'ok' and probe_distance > 0 and study in (${nameList(subjects)})
group by study, length_scale, probe_distance
order by study, length_scale, probe_distance`;
    return { sql, words: "" };
  },
  panels(rows, subjects) {
    const x = { label: "distance r of the probe", isLog: true };
    const scales = spread([...new Set(rows.map((row) => numberIn(row, "length_scale")))].sort((a, b) => a - b), 3);
    const lines = (scale: number, exact: string, law: string) =>
      subjects.flatMap(({ name, label }, index) => {
        const own = rows.filter((row) => row["study"] === name && numberIn(row, "length_scale") === scale);
        const at = (column: string) => ({
          x: (row: Row) => numberIn(row, "probe_distance"),
          y: (row: Row) => numberIn(row, column),
        });
        const slot = index % 6;
        return [
          seriesOf(own, { label: `${label}, exact`, slot, line: "solid", hasMarkers: true, ...at(exact) }),
          seriesOf(own, { label: `${label}, law`, slot, line: "dashed", hasMarkers: false, ...at(law) }),
        ];
      });
    const titled = (what: string, scale: number): string => `${what}, length scale ${shortNumber(scale)}`;
    const highest = Math.max(1, ...rows.map((row) => numberIn(row, "delta_f_near")));
    const curvatures = logDomain(rows, ["gn_spike_near", "gn_spike_law_near"]);
    const effect = scales.map((scale): Panel => ({
      title: titled("effect", scale), x,
      y: { label: "Δf at the probe", isLog: false, domain: [0, highest] },
      series: lines(scale, "delta_f_near", "delta_f_law_near"),
    }));
    const curvature = scales.map((scale): Panel => ({
      title: titled("curvature", scale), x,
      y: { label: "Gauss-Newton curvature", isLog: true, domain: curvatures },
      series: lines(scale, "gn_spike_near", "gn_spike_law_near"),
    }));
    return [...effect, ...curvature];
  },
};

/** From the smallest to the largest positive value of some columns. */
function logDomain(rows: readonly Row[], columns: readonly string[]): readonly [number, number] {
  const values = rows.flatMap((row) => columns.map((name) => numberIn(row, name))).filter((value) => value > 0);
  return values.length === 0 ? [1, 10] : [Math.min(...values), Math.max(...values)];
}
