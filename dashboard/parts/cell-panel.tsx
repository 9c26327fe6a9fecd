// The cell under the crosshair: where it is, every metric, and what its points came to.
import type { AxisView, Cell, StudyDetail } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { pathOf } from "../client.ts";
import { atText, type MapState } from "../map-state.ts";
import { counted, shown, words } from "../number.ts";
import { linkTo } from "../place.ts";
import { ProblemNotice } from "./notice.tsx";
import type { Place } from "./phase-map.tsx";
import { useSettled } from "./size.ts";

interface CellPanelProps {
  readonly detail: StudyDetail;
  readonly state: MapState;
  readonly axes: readonly [AxisView, AxisView];
  readonly place: Place | null;
  readonly value: number | null;
}

/** The crosshair's rest, after which the cell is asked for. */
const REST_MS = 120;

export function CellPanel({ detail, state, axes, place, value }: CellPanelProps) {
  const settled = useSettled(place, REST_MS);
  const path = settled === null ? null : pathOf(`/studies/${encodeURIComponent(detail.study.key)}/cell`, {
    x: state.x, y: state.y, xi: settled[0], yi: settled[1], at: atText(state.at), over: state.over, reduce: state.reduce,
  });
  const { answer, problem } = useAnswer<Cell>(path, detail.study.key);
  if (place === null) {
    return (
      <aside class="panel cell-panel" aria-label="Cell">
        <p class="hint">Point at a cell to read it, click to keep it, drag to zoom, double-click to show the whole map. With the keyboard: arrows move, Shift makes it ten.</p>
      </aside>
    );
  }
  return (
    <aside class="panel cell-panel" aria-label="Cell">
      <p class="cell-value" aria-live="polite">
        <span class="hint">{words(state.metric)}{state.minus === undefined ? "" : ` − ${words(state.minus)}`}</span>
        <b>{value === null ? "–" : shown(value)}</b>
        <span>{axes.map((axis, side) => `${words(axis.name)} ${shown(axis.values[place[side] ?? 0])}`).join(", ")}</span>
      </p>
      {problem !== null && <ProblemNotice problem={problem} />}
      {answer !== null && <CellTable cell={answer} study={detail.study.key} metrics={detail.metrics} shownNow={[state.metric, state.minus]} />}
    </aside>
  );
}

interface CellTableProps {
  readonly cell: Cell;
  readonly study: string;
  readonly metrics: StudyDetail["metrics"];
  /** What the map shows of them. */
  readonly shownNow: readonly (string | undefined)[];
}

function CellTable({ cell, study, metrics, shownNow }: CellTableProps) {
  const failed = Object.entries(cell.statuses).filter(([status]) => status !== "ok");
  return (
    <>
      <table class="numbers">
        <caption class="hidden">Metrics of the cell</caption>
        <tbody>
          {cell.metrics.map(({ name, value, std }) => (
            <tr key={name} class={shownNow.includes(name) ? "shown" : ""}>
              <th scope="row" title={metrics.find((metric) => metric.name === name)?.comment}>{words(name)}</th>
              <td>{shown(value)}{std !== null && std > 0 && <small> ± {shown(std, 2)}</small>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">
        {counted(cell.points)} {cell.points === 1 ? "point" : "points"}
        {cell.missing > 0 && `, ${counted(cell.missing)} not computed yet`}
        {failed.map(([status, count]) => `, ${counted(count)} ${words(status)}`).join("")}
        {" · "}<a href={linkTo(["study", study, "jobs"], { job: String(cell.job) })}>job {cell.job}</a>
        {" · "}<a href={linkTo(["sql"], { q: cell.sql })}>SQL</a>
      </p>
    </>
  );
}
