// Onset: where along an axis a metric first reaches a threshold; and the lag between two of them.
import type { Onset, StudyDetail } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { pathOf } from "../client.ts";
import { counted, shown, words } from "../number.ts";
import { changeQuery, type Place } from "../place.ts";
import { NumberField, optionsOf, Select } from "../parts/fields.tsx";
import { LineChart, type Series } from "../parts/line-chart.tsx";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";
import { useSettled, useWidth } from "../parts/size.ts";

interface OnsetViewProps {
  readonly detail: StudyDetail;
  readonly query: Place["query"];
  readonly stored: number;
}

export function OnsetView({ detail, query, stored }: OnsetViewProps) {
  const { ref, width } = useWidth();
  const axes = detail.axes.map(({ name }) => name);
  const metrics = detail.metrics.map(({ name }) => name);
  const has = (list: readonly string[], name: string): string | undefined => list.find((one) => one === name);
  const along = query["along"] ?? has(axes, "poison_count") ?? has(axes, "poison_rate") ?? axes.at(-1) ?? "";
  const by = query["by"] ?? axes.find((name) => name !== along && name !== "replicate") ?? axes.find((name) => name !== along) ?? "";
  const metric = query["m"] ?? has(metrics, "attack_success_rate") ?? metrics[0] ?? "";
  const threshold = query["t"] ?? "0.5";
  const second = query["m2"] ?? "";
  const settled = useSettled(stored, 2_000);
  const path = by === "" ? null : pathOf(`/studies/${encodeURIComponent(detail.study.key)}/onset`, {
    along, by, metric, threshold,
    ...(second === "" ? {} : { metric2: second, threshold2: query["t2"] ?? "0.5" }),
  });
  const { answer, problem, again } = useAnswer<Onset>(path, settled);
  if (path === null) return <Empty title="Onset needs two axes"><p>This study has one.</p></Empty>;
  return (
    <div>
      <div class="row fields-row">
        <Select label="Along" value={along} options={optionsOf(axes)} onChange={(name) => changeQuery({ along: name, by: name === by ? along : by }, true)} />
        <Select label="For each" value={by} options={optionsOf(axes.filter((name) => name !== along))} onChange={(name) => changeQuery({ by: name }, true)} />
        <Select label="First" value={metric} options={optionsOf(metrics)} onChange={(m) => changeQuery({ m }, true)} />
        <NumberField label="reaches" value={threshold} onChange={(t) => changeQuery({ t })} />
        <Select label="Second" value={second} options={[{ value: "", label: "none" }, ...optionsOf(metrics)]} onChange={(m2) => changeQuery({ m2: m2 || undefined }, true)} />
        {second !== "" && <NumberField label="reaches" value={query["t2"] ?? "0.5"} onChange={(t2) => changeQuery({ t2 })} />}
      </div>
      <div ref={ref}>
        {problem !== null && <ProblemNotice problem={problem} again={again} />}
        {answer === null && problem === null && <Waiting what="Following every line" />}
        {answer !== null && width > 0 && <Charts onset={answer} detail={detail} width={Math.min(width, 960)} names={[metric, second]} thresholds={[threshold, query["t2"] ?? "0.5"]} />}
      </div>
    </div>
  );
}

interface ChartsProps {
  readonly onset: Onset;
  readonly detail: StudyDetail;
  readonly width: number;
  readonly names: readonly [string, string];
  readonly thresholds: readonly [string, string];
}

function Charts({ onset, detail, width, names, thresholds }: ChartsProps) {
  const by = detail.axes.find(({ name }) => name === onset.by);
  if (by === undefined) return null;
  const seriesOf = (part: Onset["first"], name: string, kind: Series["kind"]): Series =>
    ({ name, kind, mean: part.median, low: part.low, high: part.high });
  const first = seriesOf(onset.first, names[0], "first");
  const both = onset.second === null ? [first] : [first, seriesOf(onset.second, names[1], "second")];
  const common = { axis: onset.by, values: by.values, isLog: by.isLog, width, height: 300 };
  return (
    <>
      <LineChart {...common} series={both} title={`median ${words(onset.along)} at which ${words(names[0])} reaches ${thresholds[0]}${onset.second === null ? "" : ` and ${words(names[1])} reaches ${thresholds[1]}`}; band: quartiles`} />
      <Censored part={onset.first} name={names[0]} />
      {onset.second !== null && <Censored part={onset.second} name={names[1]} />}
      {onset.lag !== null && (
        <LineChart {...common} series={[seriesOf(onset.lag, "lag", "first")]} threshold={0}
          title={`lag: onset of ${words(names[0])} minus onset of ${words(names[1])}; negative: the first comes first`} />
      )}
    </>
  );
}

function Censored({ part, name }: { part: Onset["first"]; name: string }) {
  const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);
  const lines = sum(part.lines);
  if (lines === 0 && sum(part.incomplete) === 0) return null;
  return (
    <p class="hint">{words(name)}: {counted(lines)} lines of the grid, {counted(sum(part.censored))} of them end before it is reached
      (they count as later than every value; a median among them is left out), {counted(sum(part.incomplete))} have a missing or failed point and are left out
      {lines > 0 && `; ${shown((100 * (lines - sum(part.censored))) / lines, 3)} % reach it`}.</p>
  );
}
