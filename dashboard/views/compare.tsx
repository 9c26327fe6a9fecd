// Two maps side by side over the same axes, with one crosshair: two metrics, or two studies.
//
// The crosshair, the zoom and the sliders stand on the left study's grid; on the right one they stand
// at the nearest values, which are the same ones where the grids are.
import { useState } from "preact/hooks";
import type { AxisView, StudyDetail, StudyList } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { useFrame } from "../frames.ts";
import { linkedPlace, linkedQuery } from "../link-axes.ts";
import { useLive } from "../live.ts";
import { heatmapPath, mapState } from "../map-state.ts";
import { roundDomain, shown, words } from "../number.ts";
import { changeQuery, type Place } from "../place.ts";
import { ColourBar, PatternLegend } from "../parts/colour-bar.tsx";
import { optionsOf, Select } from "../parts/fields.tsx";
import { OtherAxes } from "../parts/map-controls.tsx";
import { ProblemNotice, Waiting } from "../parts/notice.tsx";
import { cellAt, mapHeight, PhaseMap, type Place as MapPlace } from "../parts/phase-map.tsx";
import { useIsDark, useWidth } from "../parts/size.ts";
import { axesOf, cellsFor, domainOf, labelOf, names } from "./map.tsx";

interface CompareViewProps {
  readonly detail: StudyDetail;
  readonly query: Place["query"];
  readonly stored: number;
}

/** The metric that a study is looked at for, where the link names none. */
function metricOf({ metrics }: StudyDetail, wanted: string | undefined, usual: string): string {
  return wanted ?? (metrics.find(({ name }) => name === usual) ?? metrics[0])?.name ?? "";
}

export function CompareView({ detail, query, stored }: CompareViewProps) {
  const { ref, width } = useWidth();
  const { studies } = useLive();
  const { answer: list } = useAnswer<StudyList>("/api/studies");
  const otherKey = query["with"] ?? detail.study.key;
  const { answer: other, problem } = useAnswer<StudyDetail>(`/api/studies/${encodeURIComponent(otherKey)}`);
  const first = metricOf(detail, query["m"], "attack_success_rate");
  const second = other === null ? "" : metricOf(other, query["m2"], other.study.key === detail.study.key ? "clean_accuracy" : first);
  const choices = (list?.studies ?? []).filter(({ experiment }) => experiment === detail.study.experiment);
  return (
    <div>
      <div class="row fields-row">
        <Select label="Left metric" value={first} options={optionsOf(detail.metrics.map(({ name }) => name))}
          onChange={(m) => changeQuery({ m }, true)} />
        <Select label="Right study" value={other?.study.key ?? otherKey} onChange={(key) => changeQuery({ with: key, m2: undefined }, true)}
          options={choices.map(({ key, name }) => ({ value: key, label: name }))} />
        <Select label="Right metric" value={second} options={optionsOf(other?.metrics.map(({ name }) => name) ?? [])}
          onChange={(m2) => changeQuery({ m2 }, true)} />
        <label class="check"><input type="checkbox" checked={query["same"] === "1"}
          onChange={(event) => changeQuery({ same: event.currentTarget.checked ? "1" : undefined })} />same colour range</label>
        {query["w"] !== undefined && <button type="button" onClick={() => changeQuery({ w: undefined }, true)}>Show the whole maps</button>}
      </div>
      {problem !== null && <ProblemNotice problem={problem} />}
      <div ref={ref}>
        {width > 0 && other !== null && (
          <Pair left={detail} right={other} metrics={[first, second]} query={query}
            stored={[stored, studies.get(other.study.key)?.stored ?? other.study.progress.stored]}
            width={width >= 760 ? Math.floor((width - 20) / 2) : width} />
        )}
      </div>
    </div>
  );
}

interface PairProps {
  readonly left: StudyDetail;
  readonly right: StudyDetail;
  readonly metrics: readonly [string, string];
  readonly query: Place["query"];
  readonly width: number;
  readonly stored: readonly [number, number];
}

function Pair({ left, right, metrics, query, width, stored }: PairProps) {
  const [hover, setHover] = useState<MapPlace | null>(null);
  const cells = cellsFor(width);
  const one = useFrame(heatmapPath(left.study.key, query, { cells, metric: metrics[0], minus: null }), stored[0]);
  const rightQuery = one.frame === null ? null : linkedQuery(query, one.frame.header, left, right);
  const two = useFrame(rightQuery === null ? null
    : heatmapPath(right.study.key, rightQuery, { cells, metric: metrics[1], minus: null }), stored[1]);
  const ranges = [one.frame?.header.range, two.frame?.header.range].filter((range) => range !== null && range !== undefined);
  const same = query["same"] === "1" && ranges.length === 2
    ? roundDomain(Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))) : null;
  const axes = one.frame === null ? null : axesOf(left, one.frame.header);
  const state = one.frame === null ? null : mapState(left, query, names(one.frame.header));
  const cursor = hover ?? state?.pin ?? null;
  const shared = { same, width, cursor, ground: axes, onHover: setHover };
  return (
    <>
      {state !== null && <div class="row other-axes"><OtherAxes detail={left} state={state} /></div>}
      <div class="compare">
        <OneMap key="left" detail={left} framed={one} query={query} {...shared} />
        <OneMap key="right" detail={right} framed={two} query={rightQuery ?? query} {...shared} />
      </div>
    </>
  );
}

interface OneMapProps {
  readonly detail: StudyDetail;
  readonly framed: ReturnType<typeof useFrame>;
  readonly query: Place["query"];
  readonly same: readonly [number, number] | null;
  readonly width: number;
  /** The crosshair, as indices on the left map's axes, which are `ground`. */
  readonly cursor: MapPlace | null;
  readonly ground: readonly [AxisView, AxisView] | null;
  readonly onHover: (place: MapPlace | null) => void;
}

function OneMap({ detail, framed, same, query, width, cursor, ground, onHover }: OneMapProps) {
  const isDark = useIsDark();
  const { frame, problem } = framed;
  if (problem !== null) return <section><h2>{detail.study.name}</h2><ProblemNotice problem={problem} /></section>;
  const axes = frame === null ? null : axesOf(detail, frame.header);
  if (frame === null || axes === null || ground === null) return <div style={{ height: `${mapHeight(width)}px` }}><Waiting what="Reading the points" /></div>;
  const state = mapState(detail, query, names(frame.header));
  const domain = same ?? domainOf({ ...state, domain: [null, null] }, frame.header);
  const label = labelOf(frame.header);
  const place = linkedPlace(cursor, ground, axes);
  const here = cellAt(frame, place);
  const back = (own: MapPlace): MapPlace => linkedPlace(own, axes, ground) ?? own;
  return (
    <section aria-label={`${detail.study.name}: ${label}`}>
      <h2>{detail.study.name} <span class="hint">{label}</span></h2>
      <PhaseMap frame={frame} axes={axes} width={width} contours={[]} look={{ scale: state.scale, domain, isDark }} cursor={place}
        label={`${label} of ${detail.study.name}; arrow keys move the crosshair of both maps`}
        onHover={(own) => onHover(own === null ? null : back(own))}
        onPin={(own) => changeQuery({ c: back(own).join(",") })}
        onWindow={(window) => changeQuery({ w: window === undefined ? undefined : backWindow(window, back) }, true)} />
      <div class="legend">
        <ColourBar scale={state.scale} domain={domain} label={label} value={here?.value ?? null} threshold={null} />
        <PatternLegend counts={frame.header.counts} isDark={isDark} />
      </div>
      <p class="hint compare-value" aria-live="polite">{here === null || place === null ? "point at a cell to read it in both maps"
        : <>{words(axes[0].name)} {shown(axes[0].values[place[0]])}, {words(axes[1].name)} {shown(axes[1].values[place[1]])}: <b>{shown(here.value)}</b></>}</p>
    </section>
  );
}

/** A window drawn on either map, on the left one's grid. */
function backWindow(window: string, back: (place: MapPlace) => MapPlace): string {
  const [x0 = 0, x1 = 1, y0 = 0, y1 = 1] = window.split(",").map(Number);
  const [low, high] = [back([x0, y0]), back([x1 - 1, y1 - 1])];
  return [low[0], high[0] + 1, low[1], high[1] + 1].join(",");
}
