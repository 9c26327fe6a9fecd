import assert from "node:assert/strict";
import test from "node:test";
import { colorDepth, colorOf, hexColor, paint } from "../../../coordinator/face/color.ts";
import { legendLine, type PhaseDiagram, phaseLines, SHADES } from "../../../coordinator/face/phase.ts";

/** A diagram whose cell is `value(x, y)` of the axis indices. */
function diagramOf(width: number, height: number, value: (x: number, y: number) => number): PhaseDiagram {
  const cells = Float64Array.from({ length: width * height }, (_, i) =>
    value(i % width, Math.floor(i / width)));
  return {
    x: { name: "poison_count", values: Array.from({ length: width }, (_, i) => i) },
    y: { name: "ridge", values: Array.from({ length: height }, (_, i) => 10 ** (i - height + 1)) },
    cells,
    low: 0,
    high: 1,
  };
}

const FRAME = { columns: 80, rows: 20, color: "none" } as const;

/** The drawn cells, top row first, without labels. */
function bodyOf(lines: readonly string[]): string[] {
  return lines.filter((line) => /[┤│]/.test(line)).map((line) => line.replace(/^[^┤│]*[┤│]/, ""));
}

test("the corner of the largest y and x is at the top right", () => {
  const lines = phaseLines(diagramOf(5, 3, (x, y) => (x === 4 && y === 2 ? 1 : 0)), FRAME);
  const body = bodyOf(lines);
  assert.equal(body.length, 3);
  assert.match(body[0] ?? "", /^ +@+$/);
  assert.ok(body.slice(1).every((row) => row.trim() === ""));
  assert.match(lines[1] ?? "", /^ +1 ┤/);
});

test("every tenth of the range has its own shade, ends included", () => {
  const [row = ""] = bodyOf(phaseLines(diagramOf(11, 1, (x) => x / 10), FRAME));
  const shades = [...new Set(row)].join("");
  assert.equal(shades, SHADES);
  assert.equal(legendLine(diagramOf(1, 1, () => 0), "none"), `0 "${SHADES}" 1`);
});

test("a cell without a number is a question mark, a bin of numbers and gaps their mean", () => {
  const [row] = bodyOf(phaseLines(diagramOf(2, 1, (x) => (x === 0 ? Number.NaN : 1)), FRAME));
  assert.equal(row, "????@@@@");
  const binned = phaseLines(diagramOf(1, 2, (_, y) => (y === 0 ? Number.NaN : 1)), { ...FRAME, rows: 1 });
  assert.equal(bodyOf(binned)[0], "@@@@");
});

test("an axis longer than the room is binned, and no line is wider than the terminal", () => {
  for (const columns of [40, 80, 120]) {
    const lines = phaseLines(diagramOf(1000, 100, (x, y) => (x + y) / 1100), { ...FRAME, columns });
    assert.equal(bodyOf(lines).length, 20);
    for (const line of bodyOf(lines)) assert.ok(line.length <= columns);
    for (const line of lines.slice(0, -1)) assert.ok(line.length <= columns, line);
  }
});

test("labels below the axis stand under their ticks and apart from each other", () => {
  const lines = phaseLines(diagramOf(30, 2, () => 0), FRAME);
  const [rule = "", labels = ""] = lines.slice(-2);
  const ticks = [...rule.matchAll(/┬/g)].map(({ index }) => index);
  assert.ok(ticks.length > 3);
  for (const at of ticks) assert.match(labels.slice(at - 1, at + 1), /^[ ]\d$/);
});

test("a diagram of one row without a value is a strip without labels", () => {
  const strip = { ...diagramOf(3, 1, (x) => x / 2), y: { name: "", values: [Number.NaN] } };
  const [title, row] = phaseLines(strip, FRAME);
  assert.equal(title?.trim(), "");
  assert.match(row ?? "", /^ +┤/);
});

test("a constant diagram is drawn in the lowest shade", () => {
  const flat = { ...diagramOf(3, 1, () => 0.7), low: 0.7, high: 0.7 };
  assert.equal(bodyOf(phaseLines(flat, FRAME))[0], " ".repeat(12));
});

test("colours grow lighter from 0 to 1", () => {
  const lightness = (share: number): number => {
    const [r, g, b] = colorOf(share);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (let i = 1; i <= 100; i++) assert.ok(lightness(i / 100) > lightness((i - 1) / 100), String(i));
  assert.equal(hexColor(0), "#440154");
  assert.equal(hexColor(2), "#fde725");
});

test("colour is for terminals that want it", () => {
  assert.equal(colorDepth({}, false), "none");
  assert.equal(colorDepth({ NO_COLOR: "1" }, true), "none");
  assert.equal(colorDepth({ TERM: "dumb" }, true), "none");
  assert.equal(colorDepth({ COLORTERM: "truecolor" }, true), "true");
  assert.equal(colorDepth({}, true), "cube");
  assert.equal(paint("x", 1, "none"), "x");
  assert.equal(paint("x", 1, "true"), "\u001b[48;2;253;231;37mx\u001b[0m");
  assert.ok(paint("x", 0, "cube").startsWith("\u001b[48;5;"));
});
