// Draws panels as SVG: small enough to stand at their own size on a phone, side by side elsewhere.
//
// Colours and fonts come from the page's style sheet (page-style.ts), or from `standalone`.
import { escaped } from "../html.ts";
import { type ChartPoint, isDrawable, type Panel, type Series } from "./panel.ts";
import { type Scale, scaleOf } from "./scale.ts";

const WIDTH = 380;
const HEIGHT = 270;
const PLOT = { left: 56, right: 368, top: 30, bottom: 222 } as const;
/** Longest tick names of a band axis, in characters, that the left margin holds. */
const NAME_LETTERS = 9;

export function panelSvg(panel: Panel): string {
  const left = panel.y.names === undefined ? PLOT.left : PLOT.left + bandMargin(panel.y.names);
  const x = scaleOf(panel.x, [left, PLOT.right]);
  const y = scaleOf(panel.y, [PLOT.bottom, PLOT.top]);
  const label = escaped(`${panel.title}: ${panel.y.label} over ${panel.x.label}`);
  return [
    `<svg class="panel" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">`,
    `<text class="title" x="${left}" y="16">${escaped(panel.title)}</text>`,
    ...grid(panel, { x, y, left }),
    ...rules(panel, y, left),
    ...panel.series.flatMap((series) => seriesMarks(series, panel, { x, y })),
    "</svg>",
  ].join("\n");
}

const bandMargin = (names: readonly string[]): number =>
  Math.max(0, Math.max(...names.map(({ length }) => length)) - NAME_LETTERS) * 6.2;

const px = (value: number): string => String(Number(value.toFixed(1)));

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

function grid(panel: Panel, { x, y, left }: Scales & { left: number }): string[] {
  const middle = (left + PLOT.right) / 2;
  const yMiddle = (PLOT.top + PLOT.bottom) / 2;
  const yTitle = panel.y.names === undefined
    ? [`<text class="axis" transform="translate(12 ${yMiddle}) rotate(-90)" text-anchor="middle">${escaped(panel.y.label)}</text>`]
    : [];
  return [
    ...y.ticks.map(({ at }) => `<path class="grid" d="M${px(left)} ${px(at)}H${PLOT.right}"/>`),
    ...x.ticks.map(({ at }) => `<path class="grid" d="M${px(at)} ${PLOT.top}V${PLOT.bottom}"/>`),
    ...y.ticks.map(({ at, label }) => `<text class="tick" x="${px(left - 6)}" y="${px(at + 4)}" text-anchor="end">${escaped(label)}</text>`),
    ...x.ticks.map(({ at, label }) => `<text class="tick" x="${px(at)}" y="${PLOT.bottom + 17}" text-anchor="middle">${escaped(label)}</text>`),
    `<text class="axis" x="${px(middle)}" y="${PLOT.bottom + 38}" text-anchor="middle">${escaped(panel.x.label)}</text>`,
    ...yTitle,
  ];
}

function rules({ rules = [] }: Panel, y: Scale, left: number): string[] {
  return rules.flatMap((rule) => [
    `<path class="rule" d="M${px(left)} ${px(y.at(rule.y))}H${PLOT.right}"/>`,
    `<text class="tick" x="${PLOT.right - 3}" y="${px(y.at(rule.y) - 4)}" text-anchor="end">${escaped(rule.label)}</text>`,
  ]);
}

function seriesMarks(series: Series, panel: Panel, scales: Scales): string[] {
  const drawn = series.points.filter((point) => isDrawable(point, panel));
  const place = ({ x, y }: ChartPoint): string => `${px(scales.x.at(x))} ${px(scales.y.at(y))}`;
  const path = drawn.map((point, index) => `${index === 0 ? "M" : "L"}${place(point)}`).join("");
  const line = series.line === "none" || drawn.length < 2
    ? []
    : [`<path class="line s${series.slot} ${series.line}" d="${path}"/>`];
  const marks = series.hasMarkers ? drawn.map((point) => marker(series, point, scales)) : [];
  return [...line, ...marks];
}

function marker({ slot, label }: Series, point: ChartPoint, { x, y }: Scales): string {
  const shape = point.isCensored === true ? ARROW : (MARKERS[slot % MARKERS.length] ?? ARROW);
  const at = `translate(${px(x.at(point.x))} ${px(y.at(point.y))})`;
  const hollow = point.isHollow === true ? " hollow" : "";
  const text = escaped(`${label}: ${point.text ?? `${point.x}, ${point.y}`}`);
  return `<path class="mark s${slot}${hollow}" transform="${at}" d="${shape}"><title>${text}</title></path>`;
}

const MARKERS = [
  "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z",
  "M-3.1 -3.1h6.2v6.2h-6.2z",
  "M0 -4L3.7 2.8H-3.7z",
  "M0 -4.2L4.2 0L0 4.2L-4.2 0z",
  "M0 4L3.7 -2.8H-3.7z",
  "M-1.2 -4h2.4v2.8h2.8v2.4h-2.8v2.8h-2.4v-2.8h-2.8v-2.4h2.8z",
];
const ARROW = "M-4 -4L5 0L-4 4z";

/** A swatch for the legend. */
export function swatchSvg({ slot, line, hasMarkers }: Series): string {
  const stroke = line === "none" ? "" : `<path class="line s${slot} ${line}" d="M1 7H25"/>`;
  const mark = hasMarkers ? `<path class="mark s${slot}" transform="translate(13 7)" d="${MARKERS[slot % MARKERS.length]}"/>` : "";
  return `<svg class="swatch" viewBox="0 0 26 14" aria-hidden="true">${stroke}${mark}</svg>`;
}
