// A small line chart: one or more series over an axis, each with a band for its spread.
import { useState } from "preact/hooks";
import { logSteps, roundSteps, share, tickLabel } from "../../schema/ticks.ts";
import { extentOf, roundDomain, shown, words } from "../number.ts";

export interface Series {
  readonly name: string;
  readonly mean: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  /** a law is drawn dashed */
  readonly kind: "first" | "second" | "law";
}

interface LineChartProps {
  readonly axis: string;
  readonly values: readonly number[];
  readonly isLog: boolean;
  readonly series: readonly Series[];
  readonly width: number;
  readonly height?: number;
  readonly title: string;
  /** The index that the crosshair stands at. */
  readonly cursor?: number | null;
  readonly threshold?: number | null;
  readonly yLabel?: string;
}

const MARGIN = { left: 52, right: 12, top: 10, bottom: 36 };

export function LineChart(props: LineChartProps) {
  const { axis, values, series, width, title, cursor = null, threshold = null, height = 190 } = props;
  const [hover, setHover] = useState<number | null>(null);
  const plot = { width: Math.max(60, width - MARGIN.left - MARGIN.right), height: height - MARGIN.top - MARGIN.bottom };
  const scales = scalesOf(props, plot);
  if (scales === null) return <p class="hint">no values on this line yet</p>;
  const { toX, toY, xTicks, yTicks } = scales;
  const at = hover ?? cursor;
  const onMove = (event: PointerEvent): void => {
    if (!(event.currentTarget instanceof Element)) return;
    const pixel = event.clientX - event.currentTarget.getBoundingClientRect().left - MARGIN.left;
    setHover(nearestIndex(values, (value) => Math.abs(toX(value) - pixel)));
  };
  return (
    <figure class="line-chart">
      <figcaption>{title}<Keys axis={axis} series={series} index={at} value={at === null ? undefined : values[at]} /></figcaption>
      <svg width={width} height={height} role="img" aria-label={title} onPointerMove={onMove} onPointerLeave={() => setHover(null)}>
        <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
          <g class="axes" aria-hidden="true">
            {yTicks.map((tick) => (
              <g key={tick} transform={`translate(0 ${toY(tick)})`}>
                <path class="grid" d={`M0 0H${plot.width}`} /><text x={-8} dy="0.32em" text-anchor="end">{tickLabel(tick)}</text>
              </g>
            ))}
            <path d={`M0 ${plot.height}H${plot.width}`} />
            {xTicks.map((tick) => (
              <g key={tick} transform={`translate(${toX(tick)} ${plot.height})`}>
                <path d="M0 0V4" /><text y={16} text-anchor="middle">{tickLabel(tick)}</text>
              </g>
            ))}
            <text class="axis-name" x={plot.width / 2} y={plot.height + 31} text-anchor="middle">{words(axis)}{props.isLog ? " (log)" : ""}</text>
          </g>
          {threshold !== null && <path class="threshold-line" d={`M0 ${toY(threshold)}H${plot.width}`} />}
          {series.map((one) => <SeriesMarks key={one.name} series={one} values={values} toX={toX} toY={toY} />)}
          {at !== null && values[at] !== undefined && <path class="crosshair-line" d={`M${toX(values[at])} 0V${plot.height}`} />}
        </g>
      </svg>
    </figure>
  );
}

interface KeysProps {
  readonly axis: string;
  readonly series: readonly Series[];
  readonly index: number | null;
  /** The axis' value at the index; undefined: the crosshair is elsewhere. */
  readonly value: number | undefined;
}

/** Which line is which, with its value under the crosshair. */
function Keys({ axis, series, index, value }: KeysProps) {
  const isRead = index !== null && value !== undefined;
  if (series.length < 2 && !isRead) return <span class="line-keys">&nbsp;</span>;
  return (
    <span class="line-keys">
      {isRead && <span>{words(axis)} {shown(value)}</span>}
      {series.map(({ name, kind, mean }) => (
        <span key={name} class={kind}>
          <svg width="22" height="8" aria-hidden="true" class={`series ${kind}`}><path class="line" d="M0 4H22" /></svg>
          {words(name)} {isRead && <b>{shown(mean[index])}</b>}
        </span>
      ))}
    </span>
  );
}

function nearestIndex(values: readonly number[], distance: (value: number) => number): number {
  let [best, least] = [0, Infinity];
  values.forEach((value, index) => {
    const away = distance(value);
    if (away < least) [best, least] = [index, away];
  });
  return best;
}

function scalesOf({ values, isLog, series, threshold, width }: LineChartProps, plot: { width: number; height: number }) {
  const numbers = series.flatMap(({ mean, low = [], high = [] }) => [...mean, ...low, ...high])
    .filter((value) => value !== null);
  if (numbers.length === 0) return null;
  const all = threshold === null || threshold === undefined ? numbers : [...numbers, threshold];
  let [low, high] = extentOf(all);
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  [low, high] = roundDomain(low, high, 0.08);
  const pad = (high - low) * 0.03;
  const [from, to] = extentOf(values);
  return {
    toX: (value: number) => share(value, from, to, isLog) * plot.width,
    toY: (value: number) => plot.height - ((value - low + pad) / (high - low + 2 * pad)) * plot.height,
    yTicks: roundSteps(low, high, 4),
    xTicks: isLog ? logSteps(from, to, Math.floor(width / 70)) : roundSteps(from, to, Math.floor(width / 80)),
  };
}

interface MarksProps {
  readonly series: Series;
  readonly values: readonly number[];
  readonly toX: (value: number) => number;
  readonly toY: (value: number) => number;
}

function SeriesMarks({ series, values, toX, toY }: MarksProps) {
  const { mean, low, high, kind } = series;
  const present = values.flatMap((value, index) => {
    const middle = mean[index];
    return middle === null || middle === undefined ? [] : [{ x: toX(value), y: toY(middle), index }];
  }).sort((a, b) => a.x - b.x);
  const line = present.map(({ x, y }, place) => `${place === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  const edge = (side: readonly (number | null)[] | undefined) =>
    present.map(({ x, index }) => `${x.toFixed(1)} ${toY(side?.[index] ?? mean[index] ?? 0).toFixed(1)}`);
  const band = low === undefined ? "" : `M${edge(high).join("L")}L${edge(low).reverse().join("L")}Z`;
  return (
    <g class={`series ${kind}`}>
      {band !== "" && present.length > 1 && <path class="band" d={band} />}
      <path class="line" d={line} />
      {present.length <= 40 && present.map(({ x, y }) => <circle key={x} cx={x} cy={y} r={2.2} />)}
    </g>
  );
}
