// Columns of result tables in memory, so that any cut of a million points costs milliseconds.
//
// A column is filled by one scan in key ranges, short enough to let ingest through in between,
// and kept fresh from the feed of finished jobs (job-feed.ts): only their points are read again.
// Columns are dropped, least recently used first, to stay within the byte budget.
import { setImmediate as turn } from "node:timers/promises";
import { STATUSES } from "../../schema/column.ts";
import type { Session } from "../store/database.ts";
import { JobFeed } from "./job-feed.ts";
import { pointRanges } from "./point-ranges.ts";
import { problem } from "./problem.ts";
import type { StudyGrid } from "./study-grid.ts";

/** Points per scan: about 30 ms of the embedded database, which serves nobody else meanwhile. */
const SCAN_POINTS = 50_000;

export interface ColumnSet {
  /** 0 missing, 1 + code of STATUSES otherwise, by point. */
  readonly status: Uint8Array;
  /** As asked for, by point; NaN where missing. */
  readonly columns: readonly Float64Array[];
  /** `epoch.sequence`: what the columns are at least as new as. */
  readonly version: string;
  readonly feed: JobFeed;
}

interface Column {
  readonly values: Float64Array;
  /** How much of the feed it has seen. */
  seen: number;
  used: number;
}

interface Entry {
  readonly grid: StudyGrid;
  readonly status: Uint8Array;
  readonly columns: Map<string, Column>;
  readonly feed: JobFeed;
  /** Calls for one study wait for each other: two scans at once would only read twice. */
  queue: Promise<unknown>;
}

const CASES = STATUSES.map((status, code) =>
  `when '${status}' then '\\x${(code + 1).toString(16).padStart(2, "0")}'::bytea`).join(" ");

export class ColumnCache {
  readonly #session: Session;
  readonly #budgetBytes: number;
  readonly #now: () => number;
  readonly #entries = new Map<number, Entry>();
  #uses = 0;

  constructor(session: Session, options: { budgetBytes: number; now: () => number }) {
    this.#session = session;
    this.#budgetBytes = options.budgetBytes;
    this.#now = options.now;
  }

  /** Columns of a study, as fresh as the database was a moment ago. */
  async get(grid: StudyGrid, names: readonly string[]): Promise<ColumnSet> {
    this.#refuseOversize(grid, names);
    const entry = this.#entryOf(grid);
    const mine = entry.queue.then(() => this.#bring(entry, names));
    entry.queue = mine.catch(() => {});
    return mine;
  }

  /** The version that `get` would give now, without reading a column. */
  async version(grid: StudyGrid): Promise<string> {
    const { feed } = this.#entryOf(grid);
    await feed.advance();
    return feed.version;
  }

  forget(studyId: number): void {
    this.#entries.delete(studyId);
  }

  get bytes(): number {
    let sum = 0;
    for (const { status, columns } of this.#entries.values()) {
      sum += status.byteLength;
      for (const { values } of columns.values()) sum += values.byteLength;
    }
    return sum;
  }

  #refuseOversize({ points }: StudyGrid, names: readonly string[]): void {
    const bytes = points * (1 + 8 * names.length);
    if (bytes <= this.#budgetBytes) return;
    throw problem(422, {
      type: "too-large",
      detail: `${names.length} columns of ${points} points need ${Math.ceil(bytes / 2 ** 20)} MiB, over the dashboard's ${this.#budgetBytes / 2 ** 20} MiB`,
      hint: "start it with a larger --dashboard-memory, or use the SQL console",
    });
  }

  #entryOf(grid: StudyGrid): Entry {
    let entry = this.#entries.get(grid.id);
    if (entry === undefined) {
      entry = {
        grid,
        status: new Uint8Array(grid.points),
        columns: new Map(),
        feed: new JobFeed(this.#session, grid, this.#now),
        queue: Promise.resolve(),
      };
      this.#entries.set(grid.id, entry);
    }
    return entry;
  }

  async #bring(entry: Entry, names: readonly string[]): Promise<ColumnSet> {
    const { feed, grid } = entry;
    await feed.advance();
    const expected = feed.takeExpected();
    if (expected !== null && entry.columns.size > 0 && known(entry.status) !== expected) {
      entry.columns.clear();
      feed.reset();
    }
    const until = feed.length;
    const absent = names.filter((name) => !entry.columns.has(name));
    if (absent.length > 0) await this.#fill(entry, absent, until);
    const stale = names.filter((name) => (entry.columns.get(name)?.seen ?? 0) < until);
    if (stale.length > 0) await this.#update(entry, stale, until);
    const columns = names.map((name) => {
      const column = entry.columns.get(name);
      if (column === undefined) throw new RangeError(`column ${name} of study ${grid.id} is gone`);
      column.used = ++this.#uses;
      return column.values;
    });
    this.#evict(new Set(columns));
    return { status: entry.status, columns, version: feed.version, feed };
  }

  async #fill(entry: Entry, names: readonly string[], until: number): Promise<void> {
    const { grid } = entry;
    const columns = names.map((name) => {
      const values = new Float64Array(grid.points).fill(Number.NaN);
      return { name, column: { values, seen: until, used: 0 } };
    });
    for (let from = 0; from < grid.points; from += SCAN_POINTS) {
      const to = Math.min(from + SCAN_POINTS, grid.points);
      await this.#read(entry, columns, `point >= ${from} and point < ${to}`);
    }
    for (const { name, column } of columns) entry.columns.set(name, column);
  }

  async #update(entry: Entry, names: readonly string[], until: number): Promise<void> {
    const columns = names.flatMap((name) => {
      const column = entry.columns.get(name);
      return column === undefined ? [] : [{ name, column }];
    });
    const seen = Math.min(...columns.map(({ column }) => column.seen));
    for (const where of pointRanges(entry.grid.plan, entry.feed.jobs(seen, until), SCAN_POINTS)) {
      await this.#read(entry, columns, where);
    }
    for (const { column } of columns) column.seen = until;
  }

  /** Reads the points of `where` into status and columns. */
  async #read({ grid, status }: Entry, columns: readonly { name: string; column: Column }[], where: string) {
    const lists = columns.map(({ name }) => `string_agg(float8send(${name}::float8), '')`);
    const file = await this.#session.copyOut(
      `select string_agg(int4send(point), ''), string_agg(case status ${CASES} end, '')${
        lists.map((list) => `, ${list}`).join("")} from ${grid.table}
       where study = ${grid.id} and ${where}`,
    );
    const [points, states, ...metrics] = fieldsOf(file);
    if (points === undefined || states === undefined) return;
    const rows = points.byteLength / 4;
    for (let row = 0; row < rows; row++) status[points.getInt32(row * 4)] = states.getUint8(row);
    metrics.forEach((view, index) => {
      const values = columns[index]?.column.values;
      if (values === undefined) return;
      for (let row = 0; row < rows; row++) values[points.getInt32(row * 4)] = view.getFloat64(row * 8);
    });
    await turn();
  }

  #evict(inUse: ReadonlySet<Float64Array>): void {
    const all = [...this.#entries.values()]
      .flatMap(({ columns }) => [...columns].map(([name, column]) => ({ columns, name, column })))
      .filter(({ column }) => !inUse.has(column.values))
      .sort((a, b) => a.column.used - b.column.used);
    for (const { columns, name } of all) {
      if (this.bytes <= this.#budgetBytes) return;
      columns.delete(name);
    }
  }
}

/** Points with a row. */
function known(status: Uint8Array): number {
  let count = 0;
  for (const state of status) if (state !== 0) count++;
  return count;
}

/** The fields of the first row of a binary copy file; none if they are null. */
function fieldsOf(file: Uint8Array): DataView[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const fields: DataView[] = [];
  // 11 bytes of signature, flags and extension length, then the row's field count.
  let at = 21;
  for (let left = view.getInt16(19); left > 0; left--) {
    const bytes = view.getInt32(at);
    at += 4;
    if (bytes < 0) return [];
    fields.push(new DataView(file.buffer, file.byteOffset + at, bytes));
    at += bytes;
  }
  return fields;
}
