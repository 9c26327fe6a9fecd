import assert from "node:assert/strict";
import test from "node:test";
import { hexColor } from "../coordinator/face/color.ts";
import { phaseSvg } from "../coordinator/report/chart/phase-svg.ts";

const diagram = {
  x: { name: "poison_count", values: [0, 1, 2, 3] },
  y: { name: "ridge", values: [0.1, 1] },
  cells: Float64Array.of(0, 0, 1, 1, 0, 1, 1, Number.NaN),
  low: 0,
  high: 1,
};
const labels = { title: "A & B", metric: "rate", xLabel: "count", yLabel: "ridge" };

test("every cell of a picture is covered once, by the colour of its value", () => {
  const svg = phaseSvg(diagram, labels);
  const covered = new Map<string, string>();
  for (const [, fill = "", path = ""] of svg.matchAll(/<path fill="([^"]+)" d="((?:M\d+ \d+h\d+v1H\d+z)+)"/g)) {
    for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
      for (let i = 0; i < Number(width); i++) {
        const cell = `${Number(x) + i} ${y}`;
        assert.ok(!covered.has(cell), cell);
        covered.set(cell, fill);
      }
    }
  }
  assert.equal(covered.size, 8);
  assert.equal(covered.get("0 0"), hexColor(0));
  assert.equal(covered.get("2 0"), hexColor(1));
  assert.equal(covered.get("0 1"), hexColor(0));
  assert.equal(covered.get("3 1"), "#888");
});

test("text of a picture is escaped", () => {
  const svg = phaseSvg(diagram, labels);
  assert.match(svg, />A &amp; B</);
  assert.doesNotMatch(svg, /A & B/);
});
