// Contours against the level itself: where they lie, what they part, and how few lines they are.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { contourPath, type Field } from "../../schema/contour.ts";

function fieldOf(columns: number, rows: number, value: (x: number, y: number) => number): Field {
  return { columns, rows, values: Float32Array.from({ length: columns * rows }, (_, cell) => value(cell % columns, Math.floor(cell / columns))) };
}

/** The path's lines, as lists of [x, y]. */
function linesIn(path: string): { points: [number, number][]; isLoop: boolean }[] {
  return path.split("M").filter((part) => part !== "").map((part) => ({
    isLoop: part.endsWith("Z"),
    points: part.replace("Z", "").split("L").map((pair): [number, number] => {
      const [x = Number.NaN, y = Number.NaN] = pair.split(",").map(Number);
      return [x, y];
    }),
  }));
}

test("a circle is one closed line at its radius", () => {
  const path = contourPath(fieldOf(41, 41, (x, y) => Math.hypot(x - 20, y - 20)), 12.3);
  const [circle, ...others] = linesIn(path);
  assert.equal(others.length, 0);
  assert.ok(circle?.isLoop);
  for (const [x, y] of circle.points) assert.ok(Math.abs(Math.hypot(x - 20.5, y - 20.5) - 12.3) < 0.05, `${x},${y}`);
});

test("a slope is one open line across the map, between the centres where the level lies", () => {
  const [line, ...others] = linesIn(contourPath(fieldOf(30, 20, (x) => x), 9.25));
  assert.equal(others.length, 0);
  assert.equal(line?.isLoop, false);
  assert.equal(line.points.length, 20);
  for (const [x] of line.points) assert.ok(Math.abs(x - 9.75) < 1e-6);
});

test("no line enters a square with a corner without a value", () => {
  const hole = (x: number, y: number): boolean => x === 5 && y === 5;
  const path = contourPath(fieldOf(11, 11, (x, y) => (hole(x, y) ? Number.NaN : x + y / 100)), 5.5);
  const lines = linesIn(path);
  assert.equal(lines.length, 2);
  for (const { points } of lines) for (const [, y] of points) assert.ok(y <= 4.5 || y >= 6.5, String(y));
});

test("lines cross each edge between a centre above and one below the level once, and no other", () => {
  const sizes = fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 }));
  const cases = sizes.chain(([columns, rows]) =>
    fc.record({ columns: fc.constant(columns), rows: fc.constant(rows),
      values: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: columns * rows, maxLength: columns * rows }) }));
  fc.assert(fc.property(cases, ({ columns, rows, values }) => {
    const field = { columns, rows, values: Float32Array.from(values) };
    const level = 3.5;
    const crossed: string[] = [];
    const add = (x: number, y: number, a = 0, b = 0, isUp = false): void => {
      if ((a >= level) === (b >= level)) return;
      const share = Math.round(100 * ((isUp ? y : x) + (level - a) / (b - a))) / 100;
      crossed.push(isUp ? `${x},${share}` : `${share},${y}`);
    };
    values.forEach((value, cell) => {
      const [x, y] = [(cell % columns) + 0.5, Math.floor(cell / columns) + 0.5];
      if (x < columns - 1) add(x, y, value, values[cell + 1]);
      if (y < rows - 1) add(x, y, value, values[cell + columns], true);
    });
    const visited = linesIn(contourPath(field, level)).flatMap(({ points }) => points.map((place) => place.join(",")));
    assert.deepEqual(visited.sort(), crossed.sort());
  }), { numRuns: 300 });
});
