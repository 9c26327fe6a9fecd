// The lag: from how many poisons on the attack works, and from how many on a detector sees it.
import { type Figure, seriesOf, spread } from "../figure.ts";
import { KRR_LINE } from "../law.ts";
import { shortNumber } from "../../face/number.ts";
import type { ChartPoint, Series } from "../chart/panel.ts";
import { isPlainKrr, nameList, numberIn, type Row, textIn } from "../subject.ts";

const DETECTORS = [
  ["overlap", "A: overlap with the trigger", 0],
  ["top", "B: top eigenvalue against refits", 2],
  ["spike", "C: spike", 4],
  ["trace", "T3: trace", 3],
] as const;

export const lag: Figure = {
  id: "lag",
  title: "The lag, in poisons",
  reading:
    "Each row is a setting on which the attack reaches half of all triggered images: the square says from how many " +
    "poisons on. The other marks say from how many on each detector fires (medians over replicates). To the right " +
    "of the square is too late. An arrow at the right end: the detector never fired up to that many poisons. Rows are " +
    "named by length scale l and ridge λ.",
  fits: (spec) => isPlainKrr(spec) && spec.curvature !== undefined,
  query(subjects) {
    const sql = `select l.study, l.length_scale, l.ridge, l.detector, count(*) as replicates,
  count(*) filter (where l.is_censored) as censored, max(o.largest_count) as largest_count,
  percentile_disc(0.5) within group (order by l.success_onset) as success_onset,
  percentile_disc(0.5) within group (order by coalesce(l.detection_onset, 'Infinity'::double precision))
    as detection_onset
from krr_lag l
join krr_onset o using (${KRR_LINE.join(", ")})
where l.success = 0.5 and l.study in (${nameList(subjects)})
group by l.study, l.length_scale, l.ridge, l.detector
order by l.study, l.length_scale, l.ridge, l.detector`;
    return { sql, words: "" };
  },
  panels: (rows, subjects) =>
    subjects.flatMap((subject) => {
      const own = rows.filter((row) => row["study"] === subject.name);
      const title = subjects.length > 1 ? subject.label : "onset of attack and detection";
      return own.length === 0 ? [] : [panelOf(own, title)];
    }),
};

/** So that marks at one count stand beside each other: shares of a row's height. */
const DODGES = [-0.3, -0.15, 0.15, 0.3] as const;
/** Settings that a panel has room for. */
const SETTINGS_MAX = 9;

function panelOf(all: readonly Row[], title: string) {
  const several = new Set(all.map((row) => textIn(row, "ridge"))).size > 1;
  const lineOf = (row: Row): string =>
    `l ${shortNumber(numberIn(row, "length_scale"))}${several ? `, λ ${shortNumber(numberIn(row, "ridge"))}` : ""}`;
  const names = spread([...new Set(all.map(lineOf))], SETTINGS_MAX);
  const own = all.filter((row) => names.includes(lineOf(row)));
  const place = (row: Row): number => names.indexOf(lineOf(row));
  const success = seriesOf(own.filter((row, index) => own.findIndex((one) => lineOf(one) === lineOf(row)) === index), {
    label: "attack succeeds", slot: 1, line: "none", hasMarkers: true,
    x: (row) => numberIn(row, "success_onset"), y: place,
  });
  const seen = DETECTORS.map(([name, label, slot], index): Series => ({
    label, slot, line: "none", hasMarkers: true,
    points: own.filter((row) => row["detector"] === name).map((row) => onsetPoint(row, place(row) + (DODGES[index] ?? 0))),
  }));
  return {
    title,
    x: { label: "poisons m", isLog: true },
    y: { label: "setting", isLog: false, names },
    series: [success, ...seen.filter(({ points }) => points.length > 0)],
  };
}

function onsetPoint(row: Row, y: number): ChartPoint {
  const onset = numberIn(row, "detection_onset");
  const most = numberIn(row, "largest_count");
  const text = `${numberIn(row, "censored")} of ${numberIn(row, "replicates")} never`;
  if (Number.isFinite(onset)) return { x: onset, y, text: `from ${onset} on; ${text}` };
  return { x: most, y, isCensored: true, text: `not up to ${most}; ${text}` };
}
