// How many clones reach half of what clones can reach: the law leaves the clean data out.
import { type Figure, seriesOf } from "../figure.ts";
import { isRadialClones, numberIn, sliceOf, varies } from "../subject.ts";

export const halfEffect: Figure = {
  id: "half-effect",
  title: "Poisons to half of the ceiling",
  reading:
    "An attack by clones saturates at m / (c + s m): half of its ceiling takes m = c / s. The paper's law has " +
    "k(ζ, ζ) = 1 for s, the variance that the clean data leave open at the poison. Clean neighbours make s " +
    "small, and the half-effect count larger than the law's by the factor 1 / s. A count below 1 says that one poison " +
    "is past half.",
  fits: (spec) => isRadialClones(spec) && varies(spec, "length_scale"),
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["length_scale"]);
    const sql = `select study, length_scale, exp(avg(ln(ridge_absolute / posterior_variance))) as half_count,
  exp(avg(ln(ridge_absolute))) as half_count_law
from krr
where status = 'ok' and ridge_absolute > 0 and posterior_variance > 0 and ${condition}
group by study, length_scale
order by study, length_scale`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    subjects.map((subject) => {
      const own = rows.filter((row) => row["study"] === subject.name);
      const at = (column: string) => ({
        x: (row: typeof own[number]) => numberIn(row, "length_scale"),
        y: (row: typeof own[number]) => numberIn(row, column),
      });
      return {
        title: subjects.length > 1 ? subject.label : "half-effect count",
        x: { label: "length scale", isLog: true },
        y: { label: "poisons", isLog: true },
        series: [
          seriesOf(own, { label: "exact, c / s", slot: 0, line: "solid", hasMarkers: true, ...at("half_count") }),
          seriesOf(own, { label: "law, c / k(ζ, ζ)", slot: 1, line: "dashed", hasMarkers: false, ...at("half_count_law") }),
        ],
      };
    }),
};
