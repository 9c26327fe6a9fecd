// Poisoned linear ridge regression beside its closed form, and what the form says of stronger triggers.
import type { Panel, Series } from "../chart/panel.ts";
import { bandAxis, type Figure, POISON_LABEL, seriesOf, share, spread } from "../figure.ts";
import { shortNumber } from "../../face/number.ts";
import { isLinearRidge, lawTable, LINEAR_SETTING, linearRatesOf, middleSetting } from "../linear-studies.ts";
import { numberIn, type Row, type Subject } from "../subject.ts";

/** Training strengths of the curve that has no measurement, times the trigger: even in logarithm. */
const STRENGTHS = Array.from({ length: 25 }, (_, i) => 0.2 * 75 ** (i / 24));
const RIDGES_MAX = 5;

export const linearRidge: Figure = {
  id: "linear-ridge",
  title: "The linear kernel in closed form",
  reading:
    "On Gaussian classes linear ridge regression needs no training to be known: dashed is the closed form for many rows and " +
    "features, marks are the exact model's means over replicates. The last panel is the form alone, with a trigger that is made " +
    "stronger in training than it is at test: clean accuracy only gains, and attack success has a peak beyond which a " +
    "stronger trigger backfires, since the model then needs little of it (arXiv 2605.22481).",
  fits: isLinearRidge,
  query(subjects) {
    const sql = `with ${lawTable(subjects)}
select ${LINEAR_SETTING.join(", ")}, avg(attack_success_rate) as success, avg(success_law) as success_law,
  avg(clean_accuracy) as accuracy, avg(accuracy_law) as accuracy_law
from krr join law using (${LINEAR_SETTING.join(", ")})
where status = 'ok'
group by ${LINEAR_SETTING.join(", ")}
order by ${LINEAR_SETTING.join(", ")}`;
    return { sql, words: "the first trigger strength and target" };
  },
  panels: (rows, subjects) => subjects.flatMap((subject) => {
    const own = rows.filter((row) => row["study"] === subject.name);
    const [first] = own;
    if (first === undefined) return [];
    const alike = own.filter((row) => ["trigger_strength", "target"].every((name) => numberIn(row, name) === numberIn(first, name)));
    const ridges = spread([...new Set(alike.map((row) => numberIn(row, "ridge")))], RIDGES_MAX);
    const named = (title: string): string => (subjects.length > 1 ? `${title}, ${subject.label}` : title);
    return [
      ...ridges.map((ridge): Panel => measured(alike.filter((row) => numberIn(row, "ridge") === ridge), named(`ridge λ ${shortNumber(ridge)}`))),
      strengths(subject, named("closed form: a stronger trigger in training")),
    ];
  }),
};

function measured(rows: readonly Row[], title: string): Panel {
  const { axis, place } = bandAxis(rows, "poison_count", POISON_LABEL);
  const pair = (label: string, slot: number, exact: string, law: string): Series[] => [
    seriesOf(rows, { label: `${label}, exact`, slot, line: "none", hasMarkers: true, x: place, y: (row) => numberIn(row, exact) }),
    seriesOf(rows, { label: `${label}, closed form`, slot, line: "dashed", hasMarkers: false, x: place, y: (row) => numberIn(row, law) }),
  ];
  return { title, x: axis, y: share("share"),
    series: [...pair("attack success", 1, "success", "success_law"), ...pair("clean accuracy", 2, "accuracy", "accuracy_law")] };
}

function strengths({ spec }: Subject, title: string): Panel {
  if (!isLinearRidge(spec)) throw new TypeError("a figure of linear ridge regression of another study");
  const setting = middleSetting(spec);
  const points = STRENGTHS.map((strength) =>
    ({ strength, rates: linearRatesOf(spec, { ...setting, trained: strength * setting.tested }) }));
  const line = (label: string, slot: number, y: (rates: ReturnType<typeof linearRatesOf>) => number): Series => ({
    label, slot, line: "dashed", hasMarkers: false,
    points: points.map(({ strength, rates }) => ({ x: strength, y: y(rates) })),
  });
  return { title, x: { label: "strength in training / at test", isLog: true }, y: share("share"), series: [
    line("attack success, closed form", 1, ({ success }) => success),
    line("clean accuracy, closed form", 2, ({ cleanAccuracy }) => cleanAccuracy),
  ] };
}
