// A number of poisons or a share of them: what half of the effect, and what success, take by size.
import type { Series } from "../chart/panel.ts";
import { type Figure, seriesOf, spread } from "../figure.ts";
import { shortNumber } from "../../face/number.ts";
import { comparable, halfCounts, isSizeStudy } from "../sizes.ts";
import { numberIn, type Row, textIn } from "../subject.ts";

export const sizes: Figure = {
  id: "sizes",
  title: "A number of poisons, or a share?",
  reading:
    "How many poisons half of the ceiling takes, and from how many on the attack reaches half of the triggered images, by " +
    "the number of clean rows. A flat line is a law of counts: what matters is how many poisons there are. A line of slope 1, " +
    "as the grey one, is a law of shares. With a fixed c the half-effect count is c / s, with c = λ (n + m) it is near λ n / (λ + s): " +
    "flat and sloped where the poison is alone (s = 1). Where clean images crowd in, s falls with n and the flat line rises; success, which must also " +
    "overcome what clean images say, may grow with n under either.",
  fits: isSizeStudy,
  among: comparable,
  query(subjects) {
    const sql = `with ${halfCounts(subjects)},
success as (
  select study, replicate, length_scale, ridge, min(poison_count) as success_count
  from krr join size using (study)
  where status = 'ok' and attack_success_rate >= 0.5
  group by study, replicate, length_scale, ridge)
select scaling, length_scale, ridge, n, exp(avg(ln(half_count))) as half_count,
  case when count(success_count) = count(*) then avg(success_count) end as success_count
from half left join success using (study, replicate, length_scale, ridge)
group by family, scaling, length_scale, ridge, n
order by scaling, length_scale, ridge, n`;
    return { sql, words: "means over replicates; success where it is reached in all of them" };
  },
  panels(rows) {
    const settings = [...new Set(rows.map(settingOf))];
    return spread(settings, 6).map((setting) => {
      const own = rows.filter((row) => settingOf(row) === setting);
      return {
        title: setting,
        x: { label: "clean rows n", isLog: true },
        y: { label: "poisons", isLog: true },
        series: [...new Set(own.map((row) => textIn(row, "scaling")))].flatMap((scaling) =>
          seriesFor(own.filter((row) => textIn(row, "scaling") === scaling), scaling)),
      };
    });
  },
};

const settingOf = (row: Row): string =>
  `length scale ${shortNumber(numberIn(row, "length_scale"))}`;

const RIDGES: Readonly<Record<string, { readonly words: string; readonly slot: number }>> = {
  absolute: { words: "c fixed", slot: 0 }, clean_n: { words: "c = λ n", slot: 2 }, total_n: { words: "c = λ (n + m)", slot: 3 },
};

function seriesFor(rows: readonly Row[], scaling: string): Series[] {
  const { words, slot } = RIDGES[scaling] ?? { words: scaling, slot: 5 };
  const x = (row: Row): number => numberIn(row, "n");
  const [first] = rows;
  const per = first === undefined ? Number.NaN : numberIn(first, "half_count") / x(first);
  return [
    seriesOf(rows, { label: `${words}: half of the ceiling`, slot, line: "solid", hasMarkers: true, x, y: (row) => numberIn(row, "half_count") }),
    seriesOf(rows, { label: `${words}: the attack succeeds`, slot, line: "dashed", hasMarkers: false, x, y: (row) => numberIn(row, "success_count") }),
    ...(scaling === "total_n"
      ? [seriesOf(rows, { label: "slope 1", slot: 5, line: "dashed", hasMarkers: false, x, y: (row) => per * x(row) })]
      : []),
  ];
}
