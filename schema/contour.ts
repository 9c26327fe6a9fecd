// Contours by marching squares over cell centres, as an SVG path in cell units; for whatever draws.
//
// Segments are joined into lines: a dash pattern begins anew at each line, so that one made of single
// segments, which on a large map are shorter than a dash, would look solid.

export interface Field {
  readonly columns: number;
  readonly rows: number;
  /** Row-major, NaN where there is no value. */
  readonly values: Float32Array;
}

/** For each of the 16 corner patterns, pairs of edges (0 top, 1 right, 2 bottom, 3 left) to join. */
const SEGMENTS: readonly (readonly (readonly [number, number])[])[] = [
  [], [[3, 2]], [[2, 1]], [[3, 1]], [[0, 1]], [[0, 3], [1, 2]], [[0, 2]], [[0, 3]],
  [[0, 3]], [[0, 2]], [[0, 1], [2, 3]], [[0, 1]], [[3, 1]], [[2, 1]], [[3, 2]], [],
];

/** The path where the field crosses `level`; squares with a corner without a value have none. */
export function contourPath(field: Field, level: number): string {
  return linesOf(neighboursOf(field, level)).map((line) => {
    const isLoop = line.length > 2 && line[0] === line.at(-1);
    const places = (isLoop ? line.slice(0, -1) : line).map((edge) => placeText(field, level, edge));
    return `M${places.join("L")}${isLoop ? "Z" : ""}`;
  }).join("");
}

/**
 * Which crossed edges a line joins. An edge between two centres is 2 · cell, to the right of the
 * cell, or 2 · cell + 1, to the one above it; two squares share it, so it has two neighbours at most.
 */
function neighboursOf({ columns, rows, values }: Field, level: number): Map<number, number[]> {
  const neighbours = new Map<number, number[]>();
  const join = (from: number, to: number): void => {
    const known = neighbours.get(from);
    if (known === undefined) neighbours.set(from, [to]);
    else known.push(to);
  };
  for (let y = 0; y < rows - 1; y++) {
    for (let x = 0; x < columns - 1; x++) {
      const at = y * columns + x;
      const [a, b] = [values[at] ?? Number.NaN, values[at + 1] ?? Number.NaN];
      const [d, c] = [values[at + columns] ?? Number.NaN, values[at + columns + 1] ?? Number.NaN];
      const pattern = (a >= level ? 8 : 0) | (b >= level ? 4 : 0) | (c >= level ? 2 : 0) | (d >= level ? 1 : 0);
      if (pattern === 0 || pattern === 15 || Number.isNaN(a + b + c + d)) continue;
      const edges = [2 * at, 2 * (at + 1) + 1, 2 * (at + columns), 2 * at + 1];
      for (const [from, to] of SEGMENTS[pattern] ?? []) {
        join(edges[from] ?? 0, edges[to] ?? 0);
        join(edges[to] ?? 0, edges[from] ?? 0);
      }
    }
  }
  return neighbours;
}

/** Walks from edge to edge: open lines from their ends first, then what is left, which are loops. */
function linesOf(neighbours: Map<number, number[]>): number[][] {
  const lines: number[][] = [];
  const walk = (start: number): void => {
    const line = [start];
    for (let from = start; ;) {
      const next = neighbours.get(from)?.pop();
      if (next === undefined) break;
      const back = neighbours.get(next) ?? [];
      back.splice(back.indexOf(from), 1);
      line.push(next);
      from = next;
    }
    if (line.length > 1) lines.push(line);
  };
  const ends = [...neighbours].filter(([, joined]) => joined.length === 1).map(([edge]) => edge);
  for (const edge of ends) walk(edge);
  for (const edge of neighbours.keys()) walk(edge);
  return lines;
}

/** Where on an edge the level lies, between the centres of its two cells. */
function placeText({ columns, values }: Field, level: number, edge: number): string {
  const cell = edge >> 1;
  const isUp = edge % 2 === 1;
  const [from, to] = [values[cell] ?? 0, values[isUp ? cell + columns : cell + 1] ?? 0];
  const share = to === from ? 0.5 : (level - from) / (to - from);
  const [x, y] = [(cell % columns) + 0.5, Math.floor(cell / columns) + 0.5];
  return isUp ? `${x},${round(y + share)}` : `${round(x + share)},${y}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
