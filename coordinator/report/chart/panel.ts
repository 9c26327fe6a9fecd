// What a chart shows: panels that stand side by side, each with axes and series of points.
//
// Colours are slots, so that light and dark pages give them their own; a slot's series also has
// its own marker or dashes, so that nothing rests on colour alone.

/** A value that cannot stand on the axis (NaN, or ≤ 0 on a log axis) is left out of the drawing. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Shown when the pointer rests on it. */
  readonly text?: string;
  /** Beyond what was looked at: drawn as an arrow to the right. */
  readonly isCensored?: boolean;
  readonly isHollow?: boolean;
}

export interface Series {
  readonly label: string;
  /** Colour and marker, 0 to 5. */
  readonly slot: number;
  readonly line: "solid" | "dashed" | "none";
  readonly hasMarkers: boolean;
  readonly points: readonly ChartPoint[];
}

export interface ChartAxis {
  readonly label: string;
  readonly isLog: boolean;
  /** Default: what the points need. */
  readonly domain?: readonly [number, number];
  /** Names in place of numbers, at 0, 1, 2 … */
  readonly names?: readonly string[];
}

/** A line across the whole panel. */
export interface Rule {
  readonly y: number;
  readonly label: string;
}

export interface Panel {
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
}

/** Whether a point can be drawn on these axes. */
export function isDrawable({ x, y }: ChartPoint, panel: Pick<Panel, "x" | "y">): boolean {
  const fits = (value: number, isLog: boolean): boolean => Number.isFinite(value) && (!isLog || value > 0);
  return fits(x, panel.x.isLog) && fits(y, panel.y.isLog);
}

/** Panels with one domain for each axis, so that they can be compared. */
export function sharedDomains(panels: readonly Panel[]): readonly Panel[] {
  const points = (panel: Panel) => panel.series.flatMap(({ points }) => points.filter((one) => isDrawable(one, panel)));
  const all = panels.map((panel) => ({ panel, drawn: points(panel) }));
  const domain = (values: readonly number[]): readonly [number, number] | undefined =>
    values.length === 0 ? undefined : extent(values);
  const xs = domain(all.flatMap(({ drawn }) => drawn.map(({ x }) => x)));
  const ys = domain([
    ...all.flatMap(({ drawn }) => drawn.map(({ y }) => y)),
    ...panels.flatMap(({ rules = [] }) => rules.map(({ y }) => y)),
  ]);
  const withDomain = (axis: ChartAxis, found: readonly [number, number] | undefined): ChartAxis =>
    axis.domain !== undefined || found === undefined ? axis : { ...axis, domain: found };
  return panels.map((panel) => ({ ...panel, x: withDomain(panel.x, xs), y: withDomain(panel.y, ys) }));
}

function extent(values: readonly number[]): readonly [number, number] {
  return values.reduce<readonly [number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
