// The near-clone regime: efficacy stays of order one while the Gauss-Newton curvature vanishes.
import { type Figure, seriesOf } from "../figure.ts";
import { isKrr, isRadialClones, nameList, numberIn, varies } from "../subject.ts";

export const nearClone: Figure = {
  id: "near-clone",
  title: "Near the clone: efficacy of order one, curvature or none",
  reading:
    "At the largest poison count, along the length scale l, which brings triggered images near the clone (in units of l). " +
    "Left: the effect. Right: curvature for a given effect, in the kernel's own unit, l² · spike / Δf². " +
    "The paper's law (dashed) says (r/l)² for a smooth kernel, which vanishes near the clone, and 1 for " +
    "laplace, whose cusp hides nothing. The exact value (solid) has a floor: the posterior variance, not the " +
    "kernel, must be stationary at the clone for the curvature to vanish.",
  fits: (spec) => isRadialClones(spec) && isKrr(spec) && spec.curvature !== undefined && varies(spec, "length_scale"),
  query(subjects) {
    const sql = `select study, length_scale, avg(delta_f) as delta_f, avg(delta_f_law) as delta_f_law,
  avg(length_scale_absolute ^ 2 * gn_spike / delta_f ^ 2) as curvature,
  avg(length_scale_absolute ^ 2 * gn_spike_law / delta_f_law ^ 2) as curvature_law
from krr
join (select study, max(poison_count) as poison_count from krr group by study) as most
  using (study, poison_count)
where status = 'ok' and delta_f <> 0 and delta_f_law <> 0 and study in (${nameList(subjects)})
group by study, length_scale
order by study, length_scale`;
    return { sql, words: "" };
  },
  panels(rows, subjects) {
    const x = { label: "length scale l", isLog: true };
    const lines = (y: string, law: string) =>
      subjects.flatMap(({ name, label }, index) => {
        const own = rows.filter((row) => row["study"] === name);
        const slot = index % 6;
        const at = (column: string) => ({
          x: (row: typeof own[number]) => numberIn(row, "length_scale"),
          y: (row: typeof own[number]) => numberIn(row, column),
        });
        return [
          seriesOf(own, { label: `${label}, exact`, slot, line: "solid", hasMarkers: true, ...at(y) }),
          seriesOf(own, { label: `${label}, law`, slot, line: "dashed", hasMarkers: false, ...at(law) }),
        ];
      });
    return [
      { title: "effect", x, y: { label: "Δf", isLog: false, domain: [0, 1] }, series: lines("delta_f", "delta_f_law") },
      { title: "curvature for that effect", x, y: { label: "l² · spike / Δf²", isLog: true }, series: lines("curvature", "curvature_law") },
    ];
  },
};
