// The near-clone regime: efficacy stays of order one while the Gauss-Newton curvature vanishes.
import type { Panel } from "../chart/panel.ts";
import { type Figure, seriesOf, spread } from "../figure.ts";
import { shortNumber } from "../../face/number.ts";
import { isKrr, isNearStudy, nameList, numberIn, type Row, type Subject } from "../subject.ts";
import type { StudySpec } from "../../../schema/study.ts";

export const nearClone: Figure = {
  id: "near-clone",
  title: "Near the clone: efficacy of order one, curvature or none",
  reading:
    "A probe at distance r from the poison, with the most poisons of the study; near the clone is to the left. First the " +
    "effect Δf, which stays of order one; then the poison's Gauss-Newton curvature. The paper's law (dashed) says " +
    "that it vanishes as r², which needs a smooth kernel: the corner of laplace, and of ntk, does not let it. The " +
    "exact value (solid) goes along with the law down to a floor, which is where the posterior variance is not stationary at the " +
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
    const scales = spread([...new Set(rows.map((row) => numberIn(row, "length_scale")))].sort(byScale), SCALES_MAX);
    const lines = (scale: number, exact: string, law: string) =>
      linesOf(rows, subjects, scale).flatMap(({ label, slot, own }) => {
        const at = (column: string) => ({
          x: (row: Row) => numberIn(row, "probe_distance"),
          y: (row: Row) => numberIn(row, column),
        });
        return [
          seriesOf(own, { label: `${label}, exact`, slot, line: "solid", hasMarkers: true, ...at(exact) }),
          seriesOf(own, { label: `${label}, law`, slot, line: "dashed", hasMarkers: false, ...at(law) }),
        ];
      });
    const titled = (what: string, scale: number): string =>
      Number.isNaN(scale) ? `${what}, kernels of the angle` : `${what}, length scale ${shortNumber(scale)}`;
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

/** Panels side by side. */
const SCALES_MAX = 3;

/** Rising; kernels without a length scale last. */
const byScale = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b;

interface Line {
  readonly label: string;
  readonly slot: number;
  readonly own: readonly Row[];
}

/** The studies of one length scale: by kernel, and by name where two have the same one. */
function linesOf(rows: readonly Row[], subjects: readonly Subject[], scale: number): Line[] {
  const kernels = [...new Set(subjects.map(({ spec }) => kernelOf(spec)))];
  const lines = subjects.map(({ name, spec }) => ({
    name, kernel: kernelOf(spec),
    own: rows.filter((row) => row["study"] === name && Object.is(numberIn(row, "length_scale"), scale)),
  })).filter(({ own }) => own.length > 0);
  return lines.map(({ name, kernel, own }, index) => {
    const isAlone = lines.filter((one) => one.kernel === kernel).length === 1;
    return { label: isAlone ? kernel : name, slot: (isAlone ? kernels.indexOf(kernel) : index) % SLOTS, own };
  });
}

const SLOTS = 6;
const kernelOf = (spec: StudySpec): string => (isKrr(spec) ? spec.kernel.name : spec.experiment);

/** From the smallest to the largest positive value of some columns. */
function logDomain(rows: readonly Row[], columns: readonly string[]): readonly [number, number] {
  const values = rows.flatMap((row) => columns.map((name) => numberIn(row, name))).filter((value) => value > 0);
  return values.length === 0 ? [1, 10] : [Math.min(...values), Math.max(...values)];
}
