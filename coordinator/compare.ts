// Compares rows bit by bit: what is stored against what was computed again.
import { STATUSES } from "../schema/column.ts";

/** One point's values, as stored or as computed. */
export interface PointRow {
  readonly point: number;
  /** Index into STATUSES. */
  readonly status: number;
  /** Metrics by column name. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ColumnDifference {
  readonly column: string;
  /** Points whose bits differ. */
  readonly points: number;
  /** The largest |a − b| / max(|a|, |b|); infinite where one of them is no number. */
  readonly largest: number;
  /** The first such point, as stored and as computed now. */
  readonly first: { readonly point: number; readonly stored: string; readonly now: string };
}

/** Columns that differ anywhere, in the order of the metrics; NaN equals NaN, −0 does not equal 0. */
export function differences(
  pairs: readonly { readonly stored: PointRow; readonly now: PointRow }[],
): ColumnDifference[] {
  const found = new Map<string, ColumnDifference>();
  const differ = (column: string, point: number, stored: string, now: string, size: number): void => {
    const known = found.get(column);
    found.set(column, {
      column,
      points: (known?.points ?? 0) + 1,
      largest: Math.max(known?.largest ?? 0, size),
      first: known?.first ?? { point, stored, now },
    });
  };
  for (const { stored, now } of pairs) {
    const { point } = stored;
    if (stored.status !== now.status) {
      const infinite = Number.POSITIVE_INFINITY;
      differ("status", point, statusText(stored.status), statusText(now.status), infinite);
    }
    for (const [column, was] of Object.entries(stored.metrics)) {
      const is = now.metrics[column] ?? Number.NaN;
      if (!Object.is(was, is)) differ(column, point, String(was), String(is), relative(was, is));
    }
  }
  return [...found.values()];
}

function relative(a: number, b: number): number {
  const size = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
  if (a === b) return 0; // 0 and −0
  return Number.isNaN(size) ? Number.POSITIVE_INFINITY : size;
}

function statusText(code: number): string {
  return STATUSES[code] ?? String(code);
}
