// A run's learning curve: one row of numbers for each measured epoch.
import { curveColumns } from "../../../schema/experiments/network.ts";

/** Names as in the network_curve table; the epoch counts passes done, 0 before training. */
export type CurveRow = { readonly epoch: number } & Readonly<Record<string, number>>;

const NAMES = ["epoch", ...curveColumns.map(({ name }) => name)];
export const CURVE_WIDTH = NAMES.length;

/** The rows, one after the other, as numbers. */
export function flatCurve(rows: readonly CurveRow[]): Float64Array {
  return Float64Array.from(rows.flatMap((row) => NAMES.map((name) => row[name] ?? Number.NaN)));
}

/** The rows that `flatCurve` laid out. */
export function curveFrom(values: Float64Array): CurveRow[] {
  return Array.from({ length: values.length / CURVE_WIDTH }, (_, row) => {
    const cells: Record<string, number> = {};
    NAMES.forEach((name, column) => {
      cells[name] = values[row * CURVE_WIDTH + column] ?? Number.NaN;
    });
    return { epoch: 0, ...cells };
  });
}

/** The first epoch whose value is at least `threshold`; Infinity if none is. */
export function onset(rows: readonly CurveRow[], name: string, threshold: number): number {
  return rows.find((row) => (row[name] ?? Number.NaN) >= threshold)?.epoch ?? Infinity;
}

/** Attack onset minus onset of visibility; NaN where the attack never worked. */
export function lag(attackOnset: number, visibleOnset: number): number {
  return attackOnset === Infinity ? Number.NaN : attackOnset - visibleOnset;
}
