// Parallel coordinates: bands between neighbouring columns, brushed by clicking an axis' bins.
import type { Parallel, StudyDetail } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { pathOf } from "../client.ts";
import { cssColour } from "../draw/colour.ts";
import { counted, roundDomain, words } from "../number.ts";
import { changeQuery, type Place } from "../place.ts";
import { optionsOf, Select } from "../parts/fields.tsx";
import { ColourBar } from "../parts/colour-bar.tsx";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";
import { ParallelColumn } from "../parts/parallel-column.tsx";
import { useSettled, useWidth } from "../parts/size.ts";

interface ParallelViewProps {
  readonly detail: StudyDetail;
  readonly query: Place["query"];
  readonly stored: number;
}

export function ParallelView({ detail, query, stored }: ParallelViewProps) {
  const { ref, width } = useWidth();
  const axes = detail.axes.map(({ name }) => name);
  const metrics = detail.metrics.map(({ name }) => name);
  const preferred = ["clean_accuracy", "attack_success_rate"].filter((name) => metrics.includes(name));
  const columns = query["cols"]?.split(",") ?? [...axes, ...(preferred.length > 0 ? preferred : metrics.slice(0, 1))].slice(0, 7);
  const colour = query["m"] ?? preferred[1] ?? metrics[0] ?? "";
  const settled = useSettled(stored, 3_000);
  const { answer, problem, again } = useAnswer<Parallel>(
    pathOf(`/studies/${encodeURIComponent(detail.study.key)}/parallel`, { columns, colour, where: query["where"] }), settled);
  const toggle = (name: string): void => {
    const next = columns.includes(name) ? columns.filter((one) => one !== name) : [...columns, name];
    if (next.length >= 2) changeQuery({ cols: next.join(","), where: undefined }, true);
  };
  return (
    <div>
      <div class="row fields-row">
        <Select label="Colour by" value={colour} options={optionsOf(metrics)} onChange={(m) => changeQuery({ m }, true)} />
        <div class="field grow">
          <label for="keep">Keep only, e.g. <code>clean_accuracy:0.9:1,poison_count:0:9</code> (axes by index)</label>
          <input id="keep" type="text" value={query["where"] ?? ""} spellcheck={false}
            onChange={(event) => changeQuery({ where: event.currentTarget.value.trim() || undefined }, true)} />
        </div>
        <fieldset class="chips"><legend>Columns</legend>
          {[...axes, ...metrics].map((name) => (
            <label key={name} class="chip"><input type="checkbox" checked={columns.includes(name)} onChange={() => toggle(name)} />{words(name)}</label>
          ))}
        </fieldset>
      </div>
      <div ref={ref}>
        {problem !== null && <ProblemNotice problem={problem} again={again} />}
        {answer === null && problem === null && <Waiting what="Counting all points" />}
        {answer !== null && (
          <p class="hint">{counted(answer.points)} points. Click a stretch of a column to keep only the points in it, with Shift to extend it; by keyboard: arrows, Enter, Escape.{" "}
            {query["where"] !== undefined && <button type="button" onClick={() => changeQuery({ where: undefined }, true)}>Keep all points</button>}</p>
        )}
        {answer !== null && answer.points === 0 && <Empty title="No point is left"><p>Nothing computed so far is in the stretch you chose.</p></Empty>}
        {answer !== null && width > 0 && <Bands parallel={answer} detail={detail} width={width} where={query["where"]} />}
        {answer !== null && answer.colour.range !== null && (
          <ColourBar scale="cividis" domain={roundDomain(...answer.colour.range)} label={`mean ${words(colour)}`} value={null} threshold={null} />
        )}
      </div>
    </div>
  );
}

const MARGIN = { side: 30, top: 42, bottom: 30 };

function Bands({ parallel, detail, width, where }: { parallel: Parallel; detail: StudyDetail; width: number; where: string | undefined }) {
  const { columns, bands, colour } = parallel;
  // On a narrow screen the columns keep their distance, and the figure scrolls.
  const full = Math.max(width, columns.length * 110);
  const height = 420;
  const plotHeight = height - MARGIN.top - MARGIN.bottom;
  const toX = (column: number): number => MARGIN.side + (column * (full - 2 * MARGIN.side)) / (columns.length - 1);
  const toY = (bin: number, bins: number): number => MARGIN.top + plotHeight - ((bin + 0.5) / bins) * plotHeight;
  const [low, high] = roundDomain(...(colour.range ?? [0, 1]));
  return (
    <div class="scroll wide" tabIndex={0} role="region" aria-label="Parallel coordinates">
      <svg width={full} height={height} role="group" class="parallel" aria-label={`${columns.map(({ name }) => words(name)).join(", ")} of ${parallel.points} points, coloured by ${words(colour.name)}`}>
        {bands.map((band, pair) => {
          const most = band.reduce((max, [, , count]) => Math.max(max, count), 1);
          const [left, right] = [columns[pair], columns[pair + 1]];
          if (left === undefined || right === undefined) return null;
          const [x0, x1] = [toX(pair), toX(pair + 1)];
          return (
            <g key={pair}>
              {band.toSorted((a, b) => a[2] - b[2]).map(([from, to, count, mean]) => {
                const [y0, y1] = [toY(from, left.bins), toY(to, right.bins)];
                const middle = (x0 + x1) / 2;
                return (
                  <path key={`${from}-${to}`} d={`M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`} fill="none"
                    stroke={cssColour("cividis", mean === null ? 0.5 : (mean - low) / (high - low || 1))}
                    stroke-width={Math.max(0.7, Math.min(plotHeight / left.bins, plotHeight / right.bins) * 0.95 * Math.sqrt(count / most))}
                    stroke-opacity={0.25 + 0.6 * Math.sqrt(count / most)} />
                );
              })}
            </g>
          );
        })}
        {columns.map((column, index) => (
          <ParallelColumn key={column.name} column={column} x={toX(index)} top={MARGIN.top} height={plotHeight} where={where}
            anchor={index === 0 ? "start" : index === columns.length - 1 ? "end" : "middle"}
            axis={detail.axes.find(({ name }) => name === column.name)} />
        ))}
      </svg>
    </div>
  );
}
