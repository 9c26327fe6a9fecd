// Panels: marks stand where the axes say, and what cannot be drawn is left out.
import assert from "node:assert/strict";
import test from "node:test";
import { type Panel, sharedDomains } from "../../coordinator/report/chart/panel.ts";
import { CHART_STYLE } from "../../coordinator/report/page-style.ts";
import { panelSvg } from "../../coordinator/report/chart/svg.ts";

const panel = (points: Panel["series"][number]["points"], extra: Partial<Panel> = {}): Panel => ({
  title: "t", x: { label: "x", isLog: true }, y: { label: "y", isLog: false },
  series: [{ label: "s", slot: 0, line: "solid", hasMarkers: true, points }],
  ...extra,
});

/** Centres of the marks, in pixels. */
const marks = (svg: string): [number, number][] =>
  [...svg.matchAll(/class="mark[^"]*" transform="translate\(([\d.]+) ([\d.]+)\)"/g)].map(([, x, y]) => [Number(x), Number(y)]);

/** Pixel of each tick's label on one axis, by the label. */
function ticks(svg: string, anchor: "middle" | "end"): Map<string, number> {
  const found = svg.matchAll(new RegExp(`class="tick" x="([\\d.]+)" y="([\\d.]+)" text-anchor="${anchor}">([^<]+)<`, "g"));
  return new Map([...found].map(([, x, y, label = ""]) => [label, anchor === "middle" ? Number(x) : Number(y) - 4]));
}

test("a mark at a tick's value stands at that tick", () => {
  const [drawn] = sharedDomains([panel([{ x: 1, y: 0.2 }, { x: 10, y: 0.6 }, { x: 100, y: 0.4 }])]);
  assert.ok(drawn !== undefined);
  const svg = panelSvg(drawn);
  const [x, y] = [ticks(svg, "middle"), ticks(svg, "end")];
  const at = marks(svg);
  for (const [index, label] of ["1", "10", "100"].entries()) assert.equal(at[index]?.[0], x.get(label), label);
  for (const [index, label] of ["0.2", "0.6", "0.4"].entries()) assert.equal(at[index]?.[1], y.get(label), label);
  // Decades are evenly far apart, and higher values stand higher.
  assert.ok(Math.abs((at[1]?.[0] ?? 0) * 2 - (at[0]?.[0] ?? 0) - (at[2]?.[0] ?? 0)) < 0.2);
  assert.ok((at[1]?.[1] ?? 0) < (at[0]?.[1] ?? 0));
});

test("NaN, infinities and what a log axis cannot hold are left out; nothing else is", () => {
  const values = [Number.NaN, 0, -1, Number.POSITIVE_INFINITY, 2];
  const svg = panelSvg(panel([...values.map((x) => ({ x, y: 1 })), { x: 1, y: Number.NaN }, { x: 3, y: 0 }]));
  assert.equal(marks(svg).length, 2);
  assert.doesNotMatch(svg, /NaN|Infinity/);
});

test("panels side by side have one scale", () => {
  const panels = sharedDomains([panel([{ x: 1, y: 0 }]), panel([{ x: 1000, y: 5 }, { x: 1, y: 0 }])]);
  const places = panels.map((one) => marks(panelSvg(one)).at(-1));
  assert.deepEqual(places[0], places[1]);
});

test("axes that say different things have domains of their own", () => {
  const [counts, strengths] = sharedDomains([
    panel([{ x: 0, y: 1 }, { x: 5, y: 2 }], { x: { label: "count", isLog: false } }),
    panel([{ x: 0.2, y: 1 }, { x: 15, y: 9 }], { x: { label: "strength", isLog: true } }),
  ]);
  assert.deepEqual([counts?.x.domain, strengths?.x.domain], [[0, 5], [0.2, 15]]);
  assert.deepEqual([counts?.y.domain, strengths?.y.domain], [[1, 9], [1, 9]]);
});

test("no value and one value alone make a panel without a scale of nothing", () => {
  for (const points of [[], [{ x: 3, y: 3 }], [{ x: 3, y: 0 }, { x: 3, y: 0 }]]) {
    for (const drawn of sharedDomains([panel(points)])) {
      const svg = panelSvg(drawn);
      assert.doesNotMatch(svg, /NaN|Infinity/);
      assert.equal(marks(svg).length, points.length);
    }
  }
});

test("a detector that never fires is an arrow, a setting off the frontier a hollow mark", () => {
  const shapes = (points: Panel["series"][number]["points"]) => panelSvg(panel(points));
  const [plain, censored, hollow] = [shapes([{ x: 2, y: 1 }]), shapes([{ x: 2, y: 1, isCensored: true }]), shapes([{ x: 2, y: 1, isHollow: true }])];
  assert.notEqual(/ d="(M[^"]*)"><title/.exec(plain)?.[1], / d="(M[^"]*)"><title/.exec(censored)?.[1]);
  assert.match(hollow, /class="mark s0 hollow"/);
});

test("a hollow mark is hollow: no rule of a colour comes after the one that empties it", () => {
  const hollow = CHART_STYLE.lastIndexOf(".mark.hollow");
  // Both selectors are two classes, so the later of the two counts.
  assert.ok(hollow > CHART_STYLE.lastIndexOf(".mark.s"), "a colour's rule would fill it");
});

test("whatever a label holds is text", () => {
  const evil = `</svg><script>alert("1")</script>'&`;
  const svg = panelSvg(panel([{ x: 1, y: 1, text: evil }], { title: evil, rules: [{ y: 1, label: evil }],
    x: { label: evil, isLog: true }, y: { label: evil, isLog: false } }));
  assert.doesNotMatch(svg, /<script|<\/svg>./);
  assert.ok(svg.includes("&lt;/svg&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"));
});
