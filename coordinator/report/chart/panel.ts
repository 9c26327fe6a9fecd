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

/** Panels with one domain for axes of one label and kind, so that they can be compared. */
export function sharedDomains(panels: readonly Panel[]): readonly Panel[] {
  const all = panels.map((panel) => ({
    panel,
    drawn: panel.series.flatMap(({ points }) => points.filter((one) => isDrawable(one, panel))),
  }));
  const domainOf = (name: "x" | "y", axis: ChartAxis): readonly [number, number] | undefined => {
    const alike = all.filter(({ panel }) => isSameKind(panel[name], axis));
    const values = alike.flatMap(({ drawn }) => drawn.map((point) => point[name]));
    if (name === "y") values.push(...alike.flatMap(({ panel }) => (panel.rules ?? []).map(({ y }) => y)));
    return values.length === 0 ? undefined : extent(values);
  };
  const withDomain = (name: "x" | "y", axis: ChartAxis): ChartAxis => {
    const found = axis.domain === undefined ? domainOf(name, axis) : undefined;
    return found === undefined ? axis : { ...axis, domain: found };
  };
  return panels.map((panel) => ({ ...panel, x: withDomain("x", panel.x), y: withDomain("y", panel.y) }));
}

const isSameKind = (a: ChartAxis, b: ChartAxis): boolean => a.label === b.label && a.isLog === b.isLog;

function extent(values: readonly number[]): readonly [number, number] {
  return values.reduce<readonly [number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
