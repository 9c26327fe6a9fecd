// The quadratic spike law, and why it stays below the clean spectrum.
import { type Facet, facets, type Figure, seriesOf } from "../figure.ts";
import { isPlainKrr, numberIn, sliceOf } from "../subject.ts";

export const spike: Figure = {
  id: "spike",
  title: "The quadratic spike law and its exact correction",
  reading:
    "The poison's own curvature (Gauss-Newton part) against the effect it has, both axes logarithmic: a square " +
    "is a line of slope 2. The exact spike and the paper's law (Theorem 3.4, dashed) are both squares, with " +
    "another constant: R = |∇k|²/k² of the law against |∇g|²/g² with the clean data taken into account. What an " +
    "auditor can look at is the top eigenvalue: while it lies flat above the spike, nothing is seen. Settings at which " +
    "one poison does all that many can, and which so are no line but a dot, are left out where others are there.",
  fits: (spec) => isPlainKrr(spec) && spec.curvature !== undefined && spec.attack.kind === "clones",
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["length_scale"]);
    const sql = `select study, length_scale, poison_count,
  avg(delta_f) as delta_f, avg(gn_spike) as gn_spike,
  avg(delta_f_law) as delta_f_law, avg(gn_spike_law) as gn_spike_law,
  avg(gn_top_triggered) as gn_top_triggered
from krr
where status = 'ok' and poison_count > 0 and ${condition}
group by study, length_scale, poison_count
order by study, length_scale, poison_count`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    telling(facets(rows, subjects, "length_scale")).map(({ title, rows: own }) => {
      const pair = (x: string, y: string) => ({
        x: (row: typeof own[number]) => numberIn(row, x),
        y: (row: typeof own[number]) => numberIn(row, y),
      });
      return {
        title,
        x: { label: "effect Δf", isLog: true },
        y: { label: "curvature", isLog: true },
        series: [
          seriesOf(own, { label: "exact spike", slot: 0, line: "solid", hasMarkers: true, ...pair("delta_f", "gn_spike") }),
          seriesOf(own, { label: "law (Th. 3.4)", slot: 1, line: "dashed", hasMarkers: true, ...pair("delta_f_law", "gn_spike_law") }),
          seriesOf(own, { label: "top eigenvalue, triggered probes", slot: 2, line: "solid", hasMarkers: false, ...pair("delta_f", "gn_top_triggered") }),
        ],
      };
    }),
};

/** From the smallest to the largest effect of a line that shows a slope. */
const SPAN_LEAST = 3;

/** Facets along which the effect grows by such a factor, or all where none does. */
function telling(all: readonly Facet[]): readonly Facet[] {
  const wide = all.filter(({ rows }) => {
    const effects = rows.map((row) => numberIn(row, "delta_f")).filter((value) => value > 0);
    return Math.max(...effects) >= SPAN_LEAST * Math.min(...effects);
  });
  return wide.length > 0 ? wide : all;
}
