// Two maps side by side over the same axes, with one crosshair: two metrics, or two studies.
import { useState } from "preact/hooks";
import type { StudyDetail, StudyList } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { useFrame } from "../frames.ts";
import { heatmapPath, mapState } from "../map-state.ts";
import { shown, words } from "../number.ts";
import { changeQuery, type Place } from "../place.ts";
import { ColourBar, PatternLegend } from "../parts/colour-bar.tsx";
import { optionsOf, Select } from "../parts/fields.tsx";
import { ProblemNotice, Waiting } from "../parts/notice.tsx";
import { cellAt, PhaseMap, type Place as MapPlace } from "../parts/phase-map.tsx";
import { useIsDark, useWidth } from "../parts/size.ts";
import { axesOf, cellsFor, domainOf, labelOf, names } from "./map.tsx";

interface CompareViewProps {
  readonly detail: StudyDetail;
  readonly query: Place["query"];
  readonly stored: number;
}

export function CompareView({ detail, query, stored }: CompareViewProps) {
  const { ref, width } = useWidth();
  const [hover, setHover] = useState<MapPlace | null>(null);
  const { answer: list } = useAnswer<StudyList>("/api/studies");
  const otherKey = query["with"] ?? detail.study.key;
  const { answer: other, problem } = useAnswer<StudyDetail>(`/api/studies/${encodeURIComponent(otherKey)}`);
  const half = width >= 760 ? Math.floor((width - 20) / 2) : width;
  const second = query["m2"] ?? (other?.metrics.find(({ name }) => name === "clean_accuracy") ?? other?.metrics[0])?.name ?? "";
  const shared = { query, width: half, hover, onHover: setHover, stored };
  return (
    <div>
      <div class="row fields-row">
        <Select label="Left metric" value={query["m"] ?? "attack_success_rate"} options={optionsOf(detail.metrics.map(({ name }) => name))}
          onChange={(m) => changeQuery({ m }, true)} />
        <Select label="Right study" value={otherKey} onChange={(key) => changeQuery({ with: key }, true)}
          options={(list?.studies ?? []).filter(({ experiment }) => experiment === detail.study.experiment).map(({ key, name }) => ({ value: key, label: name }))} />
        <Select label="Right metric" value={second} options={optionsOf(other?.metrics.map(({ name }) => name) ?? [])}
          onChange={(m2) => changeQuery({ m2 }, true)} />
        <label class="check"><input type="checkbox" checked={query["same"] === "1"}
          onChange={(event) => changeQuery({ same: event.currentTarget.checked ? "1" : undefined })} />same colour range</label>
      </div>
      {problem !== null && <ProblemNotice problem={problem} />}
      <div class="compare" ref={ref}>
        {width > 0 && other !== null && <Pair left={detail} right={other} second={second} {...shared} />}
      </div>
    </div>
  );
}

interface PairProps {
  readonly left: StudyDetail;
  readonly right: StudyDetail;
  readonly second: string;
  readonly query: Place["query"];
  readonly width: number;
  readonly hover: MapPlace | null;
  readonly onHover: (place: MapPlace | null) => void;
  readonly stored: number;
}

function Pair({ left, right, second, query, width, hover, onHover, stored }: PairProps) {
  const cells = cellsFor(width);
  const one = useFrame(heatmapPath(left.study.key, query, { cells, minus: null }), stored);
  const axes = one.frame === null ? {} : { x: one.frame.header.x.axis, y: one.frame.header.y.axis };
  const rightPath = one.frame === null ? null
    : heatmapPath(right.study.key, { ...query, ...axes }, { cells, metric: second, minus: null });
  const two = useFrame(rightPath, stored);
  const ranges = [one.frame?.header.range, two.frame?.header.range].filter((range) => range !== null && range !== undefined);
  const same = query["same"] === "1" && ranges.length === 2
    ? [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] as const : null;
  return (
    <>
      <OneMap key="left" title={left.study.name} detail={left} framed={one} same={same} {...{ query, width, hover, onHover }} />
      <OneMap key="right" title={right.study.name} detail={right} framed={two} same={same} {...{ query, width, hover, onHover }} />
    </>
  );
}

interface OneMapProps extends Pick<PairProps, "query" | "width" | "hover" | "onHover"> {
  readonly title: string;
  readonly detail: StudyDetail;
  readonly framed: ReturnType<typeof useFrame>;
  readonly same: readonly [number, number] | null;
}

function OneMap({ title, detail, framed, same, query, width, hover, onHover }: OneMapProps) {
  const isDark = useIsDark();
  const { frame, problem } = framed;
  if (problem !== null) return <div><ProblemNotice problem={problem} /></div>;
  const axes = frame === null ? null : axesOf(detail, frame.header);
  if (frame === null || axes === null) return <div><Waiting what="Reading the points" /></div>;
  const state = mapState(detail, query, names(frame.header));
  const domain = same ?? domainOf({ ...state, domain: [null, null] }, frame.header);
  const cursor = hover ?? state.pin;
  const label = labelOf(frame.header);
  const here = cellAt(frame, cursor);
  return (
    <section aria-label={`${title}: ${label}`}>
      <h2>{title}</h2>
      <PhaseMap frame={frame} axes={axes} width={width} contours={[]} look={{ scale: state.scale, domain, isDark }} cursor={cursor}
        label={`${label} of ${title}; arrow keys move the crosshair of both maps`} onHover={onHover}
        onPin={(place) => changeQuery({ c: place.join(",") })} onWindow={(window) => changeQuery({ w: window }, true)} />
      <ColourBar scale={state.scale} domain={domain} label={label} value={here?.value ?? null} threshold={null} />
      <PatternLegend counts={frame.header.counts} isDark={isDark} />
      <p class="hint" aria-live="polite">{here === null || cursor === null ? "point at a cell to read it in both maps"
        : `${words(axes[0].name)} ${shown(axes[0].values[cursor[0]])}, ${words(axes[1].name)} ${shown(axes[1].values[cursor[1]])}: ${shown(here.value)}`}</p>
    </section>
  );
}
