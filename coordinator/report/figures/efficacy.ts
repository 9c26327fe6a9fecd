// How far a poison moves the model: the exact effect beside the paper's law.
import { bandAxis, facets, type Figure, POISON_LABEL, seriesOf } from "../figure.ts";
import { isPlainKrr, numberIn, sliceOf } from "../subject.ts";

export const efficacy: Figure = {
  id: "efficacy",
  title: "What m poisons do: the law and the exact effect",
  reading:
    "Δf is how much the target class gains at triggered test images. The paper's law (Theorem 3.3, dashed) " +
    "leaves the clean data out; the solid line is the exact model. They agree for an isolated poison, at " +
    "short length scales. Clean images near the poison hold it back, so that the law promises too much.",
  fits: isPlainKrr,
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["length_scale"]);
    const sql = `select study, length_scale, poison_count,
  avg(delta_f) as delta_f, avg(delta_f_law) as delta_f_law
from krr
where status = 'ok' and ${condition}
group by study, length_scale, poison_count
order by study, length_scale, poison_count`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    facets(rows, subjects, "length_scale").map(({ title, rows: own }) => {
      const { axis, place } = bandAxis(own, "poison_count", POISON_LABEL);
      const column = (name: string) => ({ x: place, y: (row: typeof own[number]) => numberIn(row, name) });
      return {
        title, x: axis, y: { label: "Δf at triggered images", isLog: false },
        series: [
          seriesOf(own, { label: "exact", slot: 0, line: "solid", hasMarkers: true, ...column("delta_f") }),
          seriesOf(own, { label: "law (Th. 3.3)", slot: 1, line: "dashed", hasMarkers: false, ...column("delta_f_law") }),
        ],
      };
    }),
};
