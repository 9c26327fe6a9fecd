// The colour scale's legend, and those of the patterns.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { HeatmapHeader } from "../../schema/api.ts";
import { type ScaleName, tableOf } from "../draw/colour.ts";
import { type Pattern, PATTERN_WORDS, tileOf } from "../draw/raster.ts";
import { roundSteps, tickLabel } from "../../schema/ticks.ts";
import { counted, shown } from "../number.ts";
import type { Contour } from "./phase-map.tsx";

interface ColourBarProps {
  readonly scale: ScaleName;
  readonly domain: readonly [number, number];
  readonly label: string;
  /** The value under the crosshair. */
  readonly value: number | null;
  readonly threshold: number | null;
}

export function ColourBar({ scale, domain, label, value, threshold }: ColourBarProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    const image = new ImageData(256, 1);
    const table = tableOf(scale);
    for (let step = 0; step < 256; step++) {
      image.data.set([...table.subarray(step * 3, step * 3 + 3), 255], step * 4);
    }
    context.putImageData(image, 0, 0);
  }, [scale]);
  const [low, high] = domain;
  const place = (at: number): string => `${Math.min(100, Math.max(0, ((at - low) / (high - low || 1)) * 100))}%`;
  return (
    <figure class="colour-bar" aria-label={`colour scale: ${label} from ${tickLabel(low)} to ${tickLabel(high)}`}>
      <figcaption>{label}</figcaption>
      <div class="bar">
        <canvas ref={canvas} width={256} height={1} aria-hidden="true" />
        {threshold !== null && <i class="threshold" style={{ left: place(threshold) }} />}
        {value !== null && !Number.isNaN(value) && <i class="needle" style={{ left: place(value) }} />}
      </div>
      <div class="bar-ticks" aria-hidden="true">
        <span class="low">{shown(low, 3)}</span>
        {roundSteps(low, high, 4).filter((tick) => isInner(tick, domain))
          .map((tick) => <span key={tick} style={{ left: place(tick) }}>{tickLabel(tick)}</span>)}
        <span class="high">{shown(high, 3)}</span>
      </div>
    </figure>
  );
}

/** Whether a tick's label keeps clear of those at the ends. */
function isInner(tick: number, [low, high]: readonly [number, number]): boolean {
  const place = (tick - low) / (high - low || 1);
  return place > 0.11 && place < 0.89;
}

/** Which line is which, and where a contour was asked for but nothing crosses it. */
export function ContourLegend({ contours }: { contours: readonly Contour[] }) {
  if (contours.length === 0) return null;
  return (
    <ul class="patterns" aria-label="contours">
      {contours.map(({ kind, label, path }) => (
        <li key={kind}>
          <svg width="30" height="10" aria-hidden="true"><path class={`contour ${kind}`} d="M1 5H29" /></svg>
          {label}{path === "" ? ": not reached here" : ""}
        </li>
      ))}
    </ul>
  );
}

/** What each pattern means, for those the map has. */
export function PatternLegend({ counts, isDark }: { counts: HeatmapHeader["counts"]; isDark: boolean }) {
  const shown = PATTERN_WORDS.filter(({ count }) => counts[count] > 0);
  if (shown.length === 0) return null;
  return (
    <ul class="patterns" aria-label="marks of cells without a value">
      {shown.map(({ pattern, count, label }) => (
        <li key={pattern}><Swatch pattern={pattern} isDark={isDark} />{label}: {counted(counts[count])}</li>
      ))}
    </ul>
  );
}

function Swatch({ pattern, isDark }: { pattern: Pattern; isDark: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    const fill = context?.createPattern(tileOf(pattern, isDark), "repeat");
    if (context === null || context === undefined || fill === null || fill === undefined) return;
    context.fillStyle = fill;
    context.fillRect(0, 0, 24, 16);
  }, [pattern, isDark]);
  return <canvas ref={canvas} width={24} height={16} aria-hidden="true" />;
}
