// Safety against efficacy: the density of all points over two metrics, and the front none beats.
import { useState } from "preact/hooks";
import type { Pareto, StudyDetail } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { pathOf } from "../client.ts";
import { cssColour } from "../draw/colour.ts";
import { roundSteps, tickLabel } from "../../schema/ticks.ts";
import { counted, shown, words } from "../number.ts";
import { changeQuery, linkTo, type Place } from "../place.ts";
import { optionsOf, Select } from "../parts/fields.tsx";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";
import { useSettled, useWidth } from "../parts/size.ts";

interface FrontViewProps {
  readonly detail: StudyDetail;
  readonly query: Place["query"];
  readonly stored: number;
}

const GOALS = [{ value: "max", label: "more is better" }, { value: "min", label: "less is better" }];

export function FrontView({ detail, query, stored }: FrontViewProps) {
  const { ref, width } = useWidth();
  const metrics = detail.metrics.map(({ name }) => name);
  const has = (name: string): string | undefined => metrics.find((one) => one === name);
  const a = query["a"] ?? has("attack_success_rate") ?? metrics[0] ?? "";
  const b = query["b"] ?? has("clean_accuracy") ?? metrics[1] ?? metrics[0] ?? "";
  const [goalA, goalB] = [query["ga"] ?? (a === "attack_success_rate" ? "min" : "max"), query["gb"] ?? "max"];
  const settled = useSettled(stored, 2_000);
  const { answer, problem, again } = useAnswer<Pareto>(
    pathOf(`/studies/${encodeURIComponent(detail.study.key)}/pareto`, { a: `${a}:${goalA}`, b: `${b}:${goalB}` }), settled);
  return (
    <div>
      <div class="row fields-row">
        <Select label="Across" value={a} options={optionsOf(metrics)} onChange={(name) => changeQuery({ a: name, ga: undefined }, true)} />
        <Select label="of which" value={goalA} options={GOALS} onChange={(ga) => changeQuery({ ga }, true)} />
        <Select label="Up" value={b} options={optionsOf(metrics)} onChange={(name) => changeQuery({ b: name, gb: undefined }, true)} />
        <Select label="of which" value={goalB} options={GOALS} onChange={(gb) => changeQuery({ gb }, true)} />
      </div>
      <div ref={ref}>
        {problem !== null && <ProblemNotice problem={problem} again={again} />}
        {answer === null && problem === null && <Waiting what="Comparing all points" />}
        {answer !== null && answer.density === null && <Empty title="No point has both metrics yet"><p>They appear here as they are computed.</p></Empty>}
        {answer !== null && width > 0 && <Front pareto={answer} detail={detail} width={width} goals={[goalA, goalB]} />}
      </div>
    </div>
  );
}

const MARGIN = { left: 60, right: 14, top: 12, bottom: 46 };

interface FrontProps {
  readonly pareto: Pareto;
  readonly detail: StudyDetail;
  readonly width: number;
  /** max or min, across and up. */
  readonly goals: readonly [string, string];
}

function Front({ pareto, detail, width, goals }: FrontProps) {
  const [chosen, setChosen] = useState<number | null>(null);
  if (pareto.density === null) return null;
  const isWide = width >= 900;
  const chartWidth = isWide ? width - 400 : width;
  return (
    <div class={isWide ? "beside" : ""}>
      <div>
        <Cloud pareto={pareto} density={pareto.density} width={Math.min(chartWidth, 760)} goals={goals} chosen={chosen} onChoose={setChosen} />
        <CloudLegend most={Math.max(...pareto.density.counts)} />
      </div>
      <div class="panel">
        <p><b>{counted(pareto.frontSize)}</b> of {counted(pareto.points)} points' pairs are beaten by no other.{" "}
          <a href={linkTo(["sql"], { q: pareto.sql })}>SQL</a></p>
        <FrontTable pareto={pareto} detail={detail} chosen={chosen} onChoose={setChosen} />
      </div>
    </div>
  );
}

interface ChooseProps {
  readonly chosen: number | null;
  readonly onChoose: (index: number | null) => void;
}

interface CloudProps extends ChooseProps {
  readonly pareto: Pareto;
  readonly density: NonNullable<Pareto["density"]>;
  readonly width: number;
  readonly goals: FrontProps["goals"];
}

function Cloud({ pareto, density, width, goals, chosen, onChoose }: CloudProps) {
  const height = Math.min(520, Math.round(width * 0.8));
  const plot = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const [a, b] = [padded(density.a), padded(density.b)];
  const toX = (value: number): number => ((value - a[0]) / (a[1] - a[0])) * plot.width;
  const toY = (value: number): number => plot.height - ((value - b[0]) / (b[1] - b[0])) * plot.height;
  const path = pareto.front.map((one, index) => `${index === 0 ? "M" : "L"}${toX(one.a).toFixed(1)} ${toY(one.b).toFixed(1)}`).join("");
  return (
    <svg width={width} height={height} role="img" class="cloud" onPointerLeave={() => onChoose(null)}
      aria-label={`${words(pareto.b)} against ${words(pareto.a)}: density of ${pareto.points} points and their Pareto front of ${pareto.frontSize}`}>
      <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
        <Density density={density} toX={toX} toY={toY} />
        <path class="front" d={path} />
        {pareto.front.length <= 300 && pareto.front.map((one, index) => (
          <circle key={one.point} class={index === chosen ? "front-point chosen" : "front-point"} cx={toX(one.a)} cy={toY(one.b)}
            r={index === chosen ? 6 : 3.5} onPointerEnter={() => onChoose(index)} />
        ))}
        <g class="axes" aria-hidden="true">
          <path d={`M0 0V${plot.height}H${plot.width}`} />
          {roundSteps(a[0], a[1], Math.floor(plot.width / 90)).map((tick) => (
            <g key={tick} transform={`translate(${toX(tick)} ${plot.height})`}><path d="M0 0V5" /><text y={18} text-anchor="middle">{tickLabel(tick)}</text></g>
          ))}
          {roundSteps(b[0], b[1], 7).map((tick) => (
            <g key={tick} transform={`translate(0 ${toY(tick)})`}><path d="M0 0H-5" /><text x={-9} dy="0.32em" text-anchor="end">{tickLabel(tick)}</text></g>
          ))}
          <text class="axis-name" x={plot.width / 2} y={plot.height + 38} text-anchor="middle">{words(pareto.a)}<tspan class="goal">{goals[0] === "max" ? "  better →" : "  ← better"}</tspan></text>
          <text class="axis-name" transform={`translate(-48 ${plot.height / 2}) rotate(-90)`} text-anchor="middle">{words(pareto.b)}<tspan class="goal">{goals[1] === "max" ? "  better →" : "  ← better"}</tspan></text>
        </g>
      </g>
    </svg>
  );
}

function padded([low, high]: readonly [number, number]): readonly [number, number] {
  const pad = (high - low) * 0.03 || 0.5;
  return [low - pad, high + pad];
}

interface DensityProps {
  readonly density: NonNullable<Pareto["density"]>;
  readonly toX: (value: number) => number;
  readonly toY: (value: number) => number;
}

function Density({ density, toX, toY }: DensityProps) {
  const { columns, rows, counts, a, b } = density;
  const most = Math.log(Math.max(...counts)) || 1;
  const width = (toX(a[1]) - toX(a[0])) / columns;
  const height = (toY(b[0]) - toY(b[1])) / rows;
  return (
    <g class="density">
      {counts.map((count, cell) => (count === 0 ? null : (
        <rect key={cell} x={toX(a[0]) + (cell % columns) * width} y={toY(b[0]) - (Math.floor(cell / columns) + 1) * height}
          width={width + 0.4} height={height + 0.4} fill={cssColour("cividis", DENSITY[0] + ((DENSITY[1] - DENSITY[0]) * Math.log(count)) / most)} />
      )))}
    </g>
  );
}

/** Where the density's colours begin and end: few points, and the most in one place. */
const DENSITY = [0.15, 0.9] as const;

function CloudLegend({ most }: { most: number }) {
  const steps = 24;
  return (
    <ul class="patterns cloud-legend">
      <li><svg width="30" height="10" aria-hidden="true"><path class="front" d="M1 5H29" /><circle class="front-point" cx="15" cy="5" r="3.5" /></svg>the front: beaten by no other</li>
      <li>points in one place: 1
        <svg width={steps * 4} height="10" aria-hidden="true" shape-rendering="crispEdges">{Array.from({ length: steps }, (_, step) => (
          <rect key={step} x={step * 4} width="4" height="10" fill={cssColour("cividis", DENSITY[0] + ((DENSITY[1] - DENSITY[0]) * step) / (steps - 1))} />
        ))}</svg>
        {counted(most)} (log)</li>
    </ul>
  );
}

/** Rows shown of a long front. */
const ROWS_MAX = 60;

function FrontTable({ pareto, detail, chosen, onChoose }: ChooseProps & { pareto: Pareto; detail: StudyDetail }) {
  const every = Math.max(1, Math.ceil(pareto.front.length / ROWS_MAX));
  const rows = pareto.front.map((one, index) => ({ one, index })).filter(({ index }) => index % every === 0 || index === chosen);
  const axes = detail.axes.map(({ name }) => name);
  return (
    <div class="scroll front-table" tabIndex={0} role="region" aria-label="Points on the front">
      <table class="rows">
        <thead><tr><th scope="col">{words(pareto.a)}</th><th scope="col">{words(pareto.b)}</th>
          {axes.map((name) => <th scope="col" key={name}>{words(name)}</th>)}<th scope="col">ties</th></tr></thead>
        <tbody>
          {rows.map(({ one, index }) => (
            <tr key={one.point} class={index === chosen ? "chosen" : ""} onPointerEnter={() => onChoose(index)}>
              <td>{shown(one.a)}</td><td>{shown(one.b)}</td>
              {axes.map((name) => <td key={name}>{shown(one.at[name])}</td>)}<td>{one.ties > 1 ? counted(one.ties) : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {every > 1 && <p class="hint">every {every}th of {counted(pareto.front.length)} is shown</p>}
    </div>
  );
}
