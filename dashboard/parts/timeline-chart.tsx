// What each worker did when: a lane of time for each, brighter where it was busier.
import type { Timeline } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { cssColour } from "../draw/colour.ts";
import { duration, timeOf } from "../number.ts";
import { ProblemNotice } from "./notice.tsx";
import { useWidth } from "./size.ts";

const LANE_HEIGHT = 22;
const LABEL_WIDTH_MAX = 150;
/** Of one time of day to the next. */
const TICK_PIXELS = 120;
/** As many as the API cuts time into. */
const BUCKETS = 240;

export function TimelineChart({ path, tick }: { path: string; tick: string }) {
  const { answer, problem } = useAnswer<Timeline>(path, tick);
  const { ref, width } = useWidth();
  const isEmpty = answer !== null && answer.workers.length === 0;
  return (
    <section aria-labelledby="timeline-title" ref={ref}>
      <h2 id="timeline-title">Timeline by worker</h2>
      {problem !== null && <ProblemNotice problem={problem} />}
      {isEmpty && <p class="hint">no attempt has ended yet: a lane appears here for each worker as its first one does</p>}
      {answer !== null && !isEmpty && width > 0 && answer.from !== null && answer.to !== null && (
        <>
          <Lanes timeline={answer} from={Date.parse(answer.from)} to={Date.parse(answer.to)} width={width} />
          <ul class="patterns">
            <li><Swatch fill={cssColour("cividis", 0.2)} />little to do</li>
            <li><Swatch fill={cssColour("cividis", 0.9)} />busiest</li>
            <li><Swatch fill="var(--bad)" />an attempt failed</li>
            <li>the last 5,000 attempts, {duration(answer.bucketMs / 1000)} to a step</li>
          </ul>
        </>
      )}
    </section>
  );
}

function Swatch({ fill }: { fill: string }) {
  return <svg width="14" height="12" aria-hidden="true"><rect width="14" height="12" rx="2" fill={fill} /></svg>;
}

interface LanesProps {
  readonly timeline: Timeline;
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

function Lanes({ timeline: { workers }, from, to, width }: LanesProps) {
  const label = Math.min(LABEL_WIDTH_MAX, width * 0.28);
  const characters = Math.floor(label / 7);
  const plot = Math.max(60, width - label);
  const busiest = Math.max(1, ...workers.flatMap(({ spans }) => spans.map(([, busy]) => busy)));
  const ticks = Math.max(1, Math.floor(plot / TICK_PIXELS));
  const bottom = workers.length * LANE_HEIGHT;
  return (
    <svg class="timeline" width={width} height={bottom + 20} role="img"
      aria-label={`what ${workers.length} workers did from ${timeOf(new Date(from).toISOString())} on, for ${duration((to - from) / 1000)}`}>
      {workers.map(({ worker, spans }, lane) => (
        <g key={worker} transform={`translate(0 ${lane * LANE_HEIGHT})`}>
          <text x={label - 8} y={14} text-anchor="end">{worker.length > characters ? `…${worker.slice(1 - characters)}` : worker}<title>{worker}</title></text>
          <rect class="lane" x={label} y={1} width={plot} height={LANE_HEIGHT - 4} />
          {spans.map(([bucket, busy, , failed]) => (
            <rect key={bucket} x={label + (bucket * plot) / BUCKETS} y={1} width={plot / BUCKETS + 0.3} height={LANE_HEIGHT - 4}
              class={failed > 0 ? "failed" : ""} fill={failed > 0 ? undefined : cssColour("cividis", 0.2 + (0.7 * busy) / busiest)} />
          ))}
        </g>
      ))}
      <g class="axes" transform={`translate(${label} ${bottom})`} aria-hidden="true">
        {Array.from({ length: ticks + 1 }, (_, index) => (
          <g key={index} transform={`translate(${(index * plot) / ticks} 0)`}>
            <path d="M0 0V4" />
            <text y={16} text-anchor={index === 0 ? "start" : index === ticks ? "end" : "middle"}>{clockText(from + ((to - from) * index) / ticks, to - from)}</text>
          </g>
        ))}
      </g>
    </svg>
  );
}

/** A time of day; with the day where the whole is longer than one, with seconds where it is short. */
function clockText(ms: number, spanMs: number): string {
  const options: Intl.DateTimeFormatOptions = spanMs > 86_400_000
    ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }
    : { hour: "2-digit", minute: "2-digit", ...(spanMs < 600_000 ? { second: "2-digit" } : {}) };
  return new Date(ms).toLocaleString("en-GB", options);
}
