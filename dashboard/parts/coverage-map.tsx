// Which jobs are done, as squares in the order of the grid: by mouse, or by the arrow keys and Enter.
import { useState } from "preact/hooks";
import type { Coverage } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { counted } from "../number.ts";
import { changeQuery } from "../place.ts";
import { ProblemNotice } from "./notice.tsx";
import { useWidth } from "./size.ts";

export function CoverageMap({ path, tick }: { path: string; tick: string }) {
  const { answer, problem } = useAnswer<Coverage>(path, tick);
  const { ref, width } = useWidth();
  if (problem !== null) return <ProblemNotice problem={problem} />;
  return (
    <section aria-labelledby="coverage-title" ref={ref}>
      <h2 id="coverage-title">Coverage</h2>
      {answer !== null && width > 0 && <Squares coverage={answer} width={width} />}
    </section>
  );
}

function Squares({ coverage, width }: { coverage: Coverage; width: number }) {
  const { jobs, perBucket, buckets } = coverage;
  const [at, setAt] = useState<number | null>(null);
  const columns = Math.max(1, Math.min(buckets.length, Math.floor(width / 14)));
  const size = Math.min(24, Math.floor(width / columns));
  const open = (bucket: number): void =>
    changeQuery(perBucket === 1 ? { job: String(bucket) } : { after: String(bucket * perBucket - 1) }, true);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (at !== null && (event.key === "Enter" || event.key === " ")) open(at);
    const next = movedBy(event.key, at ?? 0, columns, buckets.length);
    if (next !== null) setAt(next);
    if (next !== null || event.key === " ") event.preventDefault();
  };
  return (
    <>
      <svg class="coverage" width={width} height={Math.ceil(buckets.length / columns) * size} role="application" tabindex={0}
        aria-label={`coverage of ${counted(jobs)} jobs; arrow keys move from square to square, Enter opens one`}
        onKeyDown={onKeyDown} onFocus={() => setAt((before) => before ?? 0)} onBlur={() => setAt(null)}>
        {buckets.map((bucket, index) => (
          <Square key={index} bucket={bucket} x={(index % columns) * size} y={Math.floor(index / columns) * size} size={size - 2}
            title={titleOf(coverage, index)} isAt={index === at} onClick={() => open(index)} />
        ))}
      </svg>
      <p class="hint" aria-live="polite">{at === null ? legendOf(perBucket) : titleOf(coverage, at)}</p>
    </>
  );
}

function movedBy(key: string, at: number, columns: number, count: number): number | null {
  const moves: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: at + columns, Home: 0, End: count - 1,
  };
  const next = moves[key];
  return next === undefined ? null : Math.max(0, Math.min(count - 1, next));
}

function legendOf(perBucket: number): string {
  const what = perBucket === 1 ? "One square is one job" : `One square is ${perBucket} jobs`;
  return `${what}, in the order of the grid: filled as far as done, outlined while queued, crossed when one is dead.`;
}

function titleOf({ jobs, perBucket, buckets }: Coverage, index: number): string {
  const [planned, queued, done, dead] = buckets[index] ?? [0, 0, 0, 0];
  if (perBucket === 1) return `job ${index}: ${done > 0 ? "done" : dead > 0 ? "dead" : queued > 0 ? "queued" : "planned"}`;
  const last = Math.min(jobs, (index + 1) * perBucket) - 1;
  return `jobs ${index * perBucket} to ${last}: ${done} done, ${queued} queued, ${planned} planned, ${dead} dead`;
}

interface SquareProps {
  readonly bucket: Coverage["buckets"][number];
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly title: string;
  readonly isAt: boolean;
  readonly onClick: () => void;
}

function Square({ bucket: [planned, queued, done, dead], x, y, size, title, isAt, onClick }: SquareProps) {
  const share = done / (planned + queued + done + dead);
  return (
    <g class={`bucket${queued > 0 ? " queued" : ""}${dead > 0 ? " dead" : ""}`} transform={`translate(${x} ${y})`} onClick={onClick}>
      <title>{title}</title>
      <rect class="ground" width={size} height={size} rx={2} />
      {share > 0 && <rect class="done" y={size * (1 - share)} width={size} height={size * share} rx={2} />}
      {dead > 0 && <path d={`M2 2L${size - 2} ${size - 2}M${size - 2} 2L2 ${size - 2}`} />}
      {isAt && <rect class="here" x={-1} y={-1} width={size + 2} height={size + 2} rx={3} />}
    </g>
  );
}
