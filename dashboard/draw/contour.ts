// Contours by marching squares over cell centres, as an SVG path in cell units.

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
export function contourPath({ columns, rows, values }: Field, level: number): string {
  const parts: string[] = [];
  for (let y = 0; y < rows - 1; y++) {
    for (let x = 0; x < columns - 1; x++) {
      const at = y * columns + x;
      const a = values[at] ?? Number.NaN;
      const b = values[at + 1] ?? Number.NaN;
      const c = values[at + columns + 1] ?? Number.NaN;
      const d = values[at + columns] ?? Number.NaN;
      const pattern = (a >= level ? 8 : 0) | (b >= level ? 4 : 0) | (c >= level ? 2 : 0) | (d >= level ? 1 : 0);
      if (pattern === 0 || pattern === 15 || Number.isNaN(a + b + c + d)) continue;
      const point = (edge: number): string => {
        if (edge === 0) return `${round(x + 0.5 + between(a, b, level))},${y + 0.5}`;
        if (edge === 1) return `${x + 1.5},${round(y + 0.5 + between(b, c, level))}`;
        if (edge === 2) return `${round(x + 0.5 + between(d, c, level))},${y + 1.5}`;
        return `${x + 0.5},${round(y + 0.5 + between(a, d, level))}`;
      };
      for (const [from, to] of SEGMENTS[pattern] ?? []) parts.push(`M${point(from)}L${point(to)}`);
    }
  }
  return parts.join("");
}

function between(from: number, to: number, level: number): number {
  return to === from ? 0.5 : (level - from) / (to - from);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
