// What a map shows: metric, axes, the other axes' sliders, colours, threshold and law.
import type { AxisView, StudyDetail } from "../../schema/api.ts";
import { SCALE_NAMES } from "../draw/colour.ts";
import { atText, type MapState } from "../map-state.ts";
import { shown, words } from "../number.ts";
import { changeQuery } from "../place.ts";
import { NumberField, optionsOf, Select, Slider } from "./fields.tsx";

const REDUCERS = ["mean", "median", "min", "max", "std", "q5", "q10", "q25", "q75", "q90", "q95"];

export function MapControls({ detail, state }: { detail: StudyDetail; state: MapState }) {
  const axisNames = detail.axes.map(({ name }) => name);
  const metrics = detail.metrics.map(({ name }) => name);
  const setAxes = (x: string, y: string): void => changeQuery({
    x, y, w: undefined, c: undefined, over: state.over.filter((name) => name !== x && name !== y).join(",") || undefined,
    at: atText(Object.fromEntries(Object.entries(state.at).filter(([name]) => name !== x && name !== y))) || undefined,
  }, true);
  const none = { value: "", label: "none" };
  return (
    <>
      <Select label="Metric" value={state.metric} options={optionsOf(metrics)}
        onChange={(metric) => changeQuery({ m: metric, dom: undefined }, true)} />
      <Select label="Residual: minus" value={state.minus ?? ""} options={[none, ...optionsOf(metrics)]}
        onChange={(minus) => changeQuery({ minus: minus || undefined, dom: undefined }, true)} />
      <Select label="Across" value={state.x} options={optionsOf(axisNames)}
        onChange={(x) => setAxes(x, x === state.y ? state.x : state.y)} />
      <Select label="Up" value={state.y} options={optionsOf(axisNames)}
        onChange={(y) => setAxes(y === state.x ? state.y : state.x, y)} />
      <button type="button" class="quiet" onClick={() => setAxes(state.y, state.x)}>Swap axes</button>
      <OtherAxes detail={detail} state={state} />
      {state.over.length > 0 && (
        <Select label="Reduce by" value={state.reduce} options={optionsOf(REDUCERS)} onChange={(r) => changeQuery({ r }, true)} />
      )}
      <hr />
      <Select label="Colours" value={state.scale} options={optionsOf(SCALE_NAMES)} onChange={(scale) => changeQuery({ scale })} />
      <div class="pair">
        <NumberField label="Colours from" value={state.domain[0] === null ? "" : String(state.domain[0])} placeholder="auto"
          onChange={(low) => changeDomain(state, low, 0)} />
        <NumberField label="to" value={state.domain[1] === null ? "" : String(state.domain[1])} placeholder="auto"
          onChange={(high) => changeDomain(state, high, 1)} />
      </div>
      <NumberField label="Contour at" value={state.threshold === null ? "" : String(state.threshold)} placeholder="e.g. 0.5"
        onChange={(t) => changeQuery({ t: t !== "" && Number.isFinite(Number(t)) ? t : undefined })} />
      {state.threshold !== null && (
        <Select label="Law, as a dashed contour" value={state.law ?? ""} options={[none, ...optionsOf(metrics)]}
          onChange={(law) => changeQuery({ law: law || undefined })} />
      )}
    </>
  );
}

function changeDomain(state: MapState, text: string, end: 0 | 1): void {
  const ends = state.domain.map((value) => (value === null ? "" : String(value)));
  ends[end] = Number.isFinite(Number(text)) ? text : "";
  changeQuery({ dom: ends.join(",") === "," ? undefined : ends.join(",") });
}

/** The axes that are not shown: each stands at a slider's place, or is reduced over. */
export function OtherAxes({ detail, state }: { detail: StudyDetail; state: MapState }) {
  return <>{detail.axes.filter(({ name }) => name !== state.x && name !== state.y)
    .map((axis) => <OtherAxis key={axis.name} axis={axis} state={state} />)}</>;
}

function OtherAxis({ axis, state }: { axis: AxisView; state: MapState }) {
  const isReduced = state.over.includes(axis.name);
  const index = state.at[axis.name] ?? 0;
  const toggle = (): void => {
    const over = isReduced ? state.over.filter((name) => name !== axis.name) : [...state.over, axis.name];
    const at = Object.fromEntries(Object.entries(state.at).filter(([name]) => !over.includes(name)));
    changeQuery({ over: over.join(",") || undefined, at: atText(at) || undefined }, true);
  };
  return (
    <div class="other-axis">
      {isReduced
        ? <p><b>{words(axis.name)}</b> <span class="hint">all {axis.values.length} values</span></p>
        : <Slider label={words(axis.name)} value={index} most={axis.values.length - 1} text={shown(axis.values[index])}
            onInput={(next) => changeQuery({ at: atText({ ...state.at, [axis.name]: next }) })} />}
      <label class="check"><input type="checkbox" checked={isReduced} onChange={toggle} />reduce over it</label>
    </div>
  );
}
