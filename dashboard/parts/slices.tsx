// The two lines through the crosshair, with the spread over the reduced axes.
import type { AxisView, Line, StudyDetail } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { pathOf } from "../client.ts";
import { atText, type MapState } from "../map-state.ts";
import { shown, words } from "../number.ts";
import { LineChart, type Series } from "./line-chart.tsx";
import type { Place } from "./phase-map.tsx";
import { useSettled } from "./size.ts";

interface SlicesProps {
  readonly detail: StudyDetail;
  readonly state: MapState;
  readonly axes: readonly [AxisView, AxisView];
  readonly place: Place | null;
  readonly width: number;
}

const REST_MS = 60;

export function Slices(props: SlicesProps) {
  const settled = useSettled(props.place, REST_MS);
  if (settled === null) return null;
  const half = props.width >= 640 ? Math.floor((props.width - 16) / 2) : props.width;
  return (
    <div class="slices">
      <Slice {...props} place={settled} side={0} width={half} />
      <Slice {...props} place={settled} side={1} width={half} />
    </div>
  );
}

function Slice({ detail, state, axes, place, side, width }: SlicesProps & { place: Place; side: 0 | 1 }) {
  const along = axes[side];
  const across = axes[side === 0 ? 1 : 0];
  const index = place[side === 0 ? 1 : 0];
  // Where nothing is reduced over, replicates are the natural spread of a line.
  const isLoose = state.over.length === 0 && "replicate" in state.at;
  const over = isLoose ? ["replicate"] : state.over;
  const at = Object.entries({ ...state.at, [across.name]: index }).filter(([name]) => !over.includes(name));
  const metrics = [state.metric, state.minus ?? state.law].filter((name) => name !== undefined && name !== "");
  const path = pathOf(`/studies/${encodeURIComponent(detail.study.key)}/lines`, {
    axis: along.name, at: atText(Object.fromEntries(at)), over, metrics: metrics.join(","),
  });
  const { answer } = useAnswer<Line>(path);
  if (answer === null) return <figure class="line-chart" style={{ height: "226px" }} />;
  const kinds = ["first", "law"] as const;
  const series = answer.lines.map((line, place): Series => {
    const plain: Series = { name: line.metric, mean: line.mean, kind: kinds[place] ?? "second" };
    return over.length > 0 ? Object.assign(plain, { low: line.low, high: line.high }) : plain;
  });
  const spread = over.length > 0 ? `; band: 10–90 % over ${over.map(words).join(", ")}` : "";
  return (
    <LineChart axis={along.name} values={along.values} isLog={along.isLog} series={series} width={width}
      cursor={place[side]} threshold={state.threshold}
      title={`${words(state.metric)} at ${words(across.name)} ${shown(across.values[index])}${spread}`} />
  );
}
