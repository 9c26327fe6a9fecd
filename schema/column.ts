// The columns of a result table, from which the SQL types and comments, the binary encoding, the
// exports and docs/SCHEMA.md all follow.

export interface ResultColumn {
  readonly name: string;
  readonly type: "integer" | "double";
  /** axis: a value chosen by the grid; metric: a value that was computed. */
  readonly role: "axis" | "metric";
  /**
   * What in the study file asks for the column: a block, a parameter or an attack's kind. Without
   * it the study's rows have `fallback` there, or NULL, and neither jobs nor copies carry the
   * column. Absent: every study has it.
   */
  readonly needs?: string;
  /** The database's default. Absent: NULL. */
  readonly fallback?: number | undefined;
  /** The SQL comment: definition and unit. */
  readonly comment: string;
}

/**
 * Why a point's metrics are what they are. Numeric trouble is a result of the phase diagram, not
 * an error: the row is stored with its status, its metrics NaN. The order is the wire code.
 */
export const STATUSES = [
  "ok",
  /** K + cI is singular to working precision. */
  "not_positive_definite",
  /** A metric came out NaN or infinite. */
  "non_finite",
  /** The poison's posterior variance is lost to cancellation (science: s < 1e3 ε k(ζ, ζ)). */
  "variance_cancelled",
  /** Training left the finite numbers; metrics are those of its last finite epoch, or NaN. */
  "diverged",
  /** Training was given up below the median of other runs; metrics are those of its last epoch. */
  "pruned",
] as const;
export type Status = (typeof STATUSES)[number];

/** Columns of one job's points, in the order of the points: metrics by name, and a status each. */
export interface ResultBlock {
  /** Index into STATUSES. */
  readonly status: Uint8Array;
  readonly metrics: Readonly<Record<string, Float64Array>>;
  /** By table name, for experiments that have such tables. */
  readonly series?: Readonly<Record<string, SeriesBlock>>;
}

/** A table of rows that a point has any number of: a learning curve, a list of poisoned rows. */
export interface SeriesTable {
  readonly table: string;
  /** The SQL comment of the table. */
  readonly comment: string;
  /** Integer; unique among a point's rows. */
  readonly key: ResultColumn;
  readonly columns: readonly ResultColumn[];
}

/** Rows of one series table, of all points of a block. */
export interface SeriesBlock {
  /** Each row's point, as an index into the block's points; ascending. */
  readonly point: Int32Array;
  /** The key and the other columns by name, a number for each row. */
  readonly columns: Readonly<Record<string, Float64Array>>;
}

/** The columns of a series table after study and point. */
export function seriesColumns({ key, columns }: SeriesTable): readonly ResultColumn[] {
  return [key, ...columns];
}

/** An all-`ok` block of NaN metrics for `points` points, to be filled. */
export function emptyBlock(points: number, metricNames: readonly string[]): ResultBlock {
  const metrics: Record<string, Float64Array> = {};
  for (const name of metricNames) metrics[name] = new Float64Array(points).fill(Number.NaN);
  return { status: new Uint8Array(points), metrics };
}
