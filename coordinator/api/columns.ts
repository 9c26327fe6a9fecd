// Columns of result tables in memory, so that any cut of a million points costs milliseconds.
//
// A column is filled by scans of key ranges, short enough to let ingest through in between. From
// then on commits of this process write into it as they happen, and what others commit is found by
// the feed of finished jobs (job-feed.ts), whose points alone are read again.
//
// Rows never change once stored, so it does not matter which of the two brings a row first. Memory
// stays within the budget: before a column is filled, those least recently used go.
import { pointsOfBox } from "../../schema/grid.ts";
import type { Report } from "../../schema/job.ts";
import { boxOfJob } from "../../schema/plan.ts";
import type { Database } from "../store/database.ts";
import type { Committed } from "../store/port.ts";
import { scanPoints } from "./column-scan.ts";
import { JobFeed } from "./job-feed.ts";
import { pointRanges } from "./point-ranges.ts";
import { DEAD, hasRow, MISSING } from "./point-state.ts";
import { problem } from "./problem.ts";
import type { StudyGrid } from "./study-grid.ts";

/** Points per scan: about 30 ms of the embedded database, which serves nobody else meanwhile. */
const SCAN_POINTS = 50_000;
/** Scans at once: a server has a process for each, the embedded database is one thread. */
const SCANS = { pglite: 1, postgres: 2 } as const;

export interface ColumnSet {
  /** By point: see point-state.ts. */
  readonly status: Uint8Array;
  /** As asked for, by point; NaN where missing. */
  readonly columns: readonly Float64Array[];
  /** How much of the feed the columns hold at least, and the version that says so. */
  readonly sequence: number;
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
  readonly columns: Map<string, Column>;
  readonly feed: JobFeed;
  /** Empty while there is no column. */
  status: Uint8Array;
  /** The dead jobs that `status` shows. */
  dead: ReadonlySet<number>;
  /** Calls for one study wait for each other: two scans at once would only read twice. */
  queue: Promise<unknown>;
}

const NOTHING = new Uint8Array(0);

export class ColumnCache {
  readonly #database: Database;
  readonly #budgetBytes: number;
  readonly #now: () => number;
  readonly #entries = new Map<number, Entry>();
  #uses = 0;
  /** Fills wait for each other, so that the budget holds at every moment. */
  #filling: Promise<unknown> = Promise.resolve();

  constructor(database: Database, options: { budgetBytes: number; now: () => number }) {
    this.#database = database;
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

  /** Takes rows from a commit of this process; see Store.onCommit. */
  hear(reports: readonly Report[], { duplicates, conflicts, rejected, finished, dead }: Committed): void {
    // What came again may differ from what is stored, and what is stored counts.
    const isAsReported = duplicates === 0 && conflicts === 0 && rejected.length === 0;
    for (const entry of this.#entries.values()) {
      const { key } = entry.grid.stored.order;
      const ended = new Set(finished.filter(({ study }) => study === key).map(({ number }) => number));
      for (const report of reports) {
        if (report.job.study !== key || report.block === null) continue;
        const { number } = report.job;
        const isWhole = isAsReported && writeReport(entry, report) && ended.has(number);
        entry.feed.hear(number, isWhole ? "whole" : isAsReported ? "here" : "unread");
      }
      for (const { study, number } of dead) if (study === key) entry.feed.hearDead(number);
    }
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
    const mib = (some: number): number => Math.round((some / 2 ** 20) * 10) / 10;
    throw problem(422, {
      type: "too-large",
      detail: `${names.length} columns of ${points} points need ${mib(bytes)} MiB, over the dashboard's ${mib(this.#budgetBytes)} MiB`,
      hint: "start it with a larger --memory, or use the SQL console",
    });
  }

  #entryOf(grid: StudyGrid): Entry {
    const entry = this.#entries.get(grid.id) ?? {
      grid,
      columns: new Map<string, Column>(),
      feed: new JobFeed(this.#database, grid, this.#now),
      status: NOTHING,
      dead: new Set<number>(),
      queue: Promise.resolve(),
    };
    this.#entries.set(grid.id, entry);
    return entry;
  }

  async #bring(entry: Entry, names: readonly string[]): Promise<ColumnSet> {
    const { feed } = entry;
    await feed.advance();
    const expected = feed.takeExpected();
    if (expected !== null && entry.columns.size > 0 && known(entry.status) !== expected) {
      entry.columns.clear();
      feed.reset();
    }
    if (names.some((name) => !entry.columns.has(name))) await this.#fill(entry, names);
    // Taken at once: another study's fill may drop them from the cache while the update reads.
    const { status } = entry;
    const sequence = feed.length;
    const columns = names.map((name) => {
      const column = entry.columns.get(name);
      if (column === undefined) throw new RangeError(`column ${name} of study ${entry.grid.id} is gone`);
      column.used = ++this.#uses;
      return { name, column, values: column.values };
    });
    await this.#update(entry, columns, sequence);
    showDead(entry);
    return { status, columns: columns.map(({ values }) => values), sequence, version: feed.versionAt(sequence), feed };
  }

  /** Reads the columns among `names` that are not there. */
  async #fill(entry: Entry, names: readonly string[]): Promise<void> {
    const mine = this.#filling.then(() => this.#fillInTurn(entry, names));
    this.#filling = mine.catch(() => {});
    return mine;
  }

  async #fillInTurn(entry: Entry, names: readonly string[]): Promise<void> {
    const { grid, feed } = entry;
    const absent = names.filter((name) => !entry.columns.has(name));
    this.#makeRoom(grid.points * (8 * absent.length + (entry.status === NOTHING ? 1 : 0)), entry, names);
    if (entry.status === NOTHING) entry.status = new Uint8Array(grid.points);
    const { status } = entry;
    const columns = absent.map((name) => {
      const column = { values: new Float64Array(grid.points).fill(Number.NaN), seen: feed.length, used: ++this.#uses };
      // There from the start: commits during the scans write into it too.
      entry.columns.set(name, column);
      return { name, values: column.values };
    });
    let next = 0;
    const scan = async (): Promise<void> => {
      while (next < grid.points) {
        const from = next;
        next = Math.min(from + SCAN_POINTS, grid.points);
        await scanPoints(this.#database, grid, { status, columns }, `point >= ${from} and point < ${next}`);
      }
    };
    try {
      await Promise.all(Array.from({ length: SCANS[this.#database.kind] }, scan));
    } catch (error) {
      for (const name of absent) entry.columns.delete(name);
      throw error;
    }
  }

  /** Reads what others committed since the columns were last looked at. */
  async #update({ grid, status, feed }: Entry, asked: readonly { name: string; values: Float64Array; column: Column }[], until: number): Promise<void> {
    const columns = asked.filter(({ column }) => column.seen < until);
    const jobs = feed.unread(Math.min(until, ...columns.map(({ column }) => column.seen)), until);
    const startedAt = this.#now();
    for (const where of pointRanges(grid.plan, jobs, SCAN_POINTS)) {
      await scanPoints(this.#database, grid, { status, columns }, where);
    }
    for (const { column } of columns) column.seen = until;
    if (jobs.length > 0) feed.restAfter(this.#now() - startedAt);
  }

  /** Drops what was used least recently until `bytes` more fit; `names` of `entry` stay. */
  #makeRoom(bytes: number, entry: Entry, names: readonly string[]): void {
    const leastRecent = [...this.#entries.values()]
      .flatMap((one) => [...one.columns].map(([name, column]) => ({ one, name, column })))
      .filter(({ one, name }) => one !== entry || !names.includes(name))
      .sort((a, b) => a.column.used - b.column.used);
    for (const { one, name } of leastRecent) {
      if (this.bytes + bytes <= this.#budgetBytes) return;
      one.columns.delete(name);
      if (one.columns.size > 0 || one === entry) continue;
      one.status = NOTHING;
      one.dead = new Set();
    }
  }
}

/** Writes a report's rows into the columns; whether its job has all of its rows now. */
function writeReport({ grid, status, columns }: Entry, { job, offset, block }: Report): boolean {
  if (block === null || columns.size === 0) return false;
  const points = pointsOfBox(boxOfJob(grid.plan, job.number), grid.plan.sizes);
  const rows = block.status.length;
  for (let row = 0; row < rows; row++) status[points[offset + row]!] = 1 + block.status[row]!;
  for (const [name, { values }] of columns) {
    const metric = block.metrics[name];
    if (metric === undefined) columns.delete(name);
    else for (let row = 0; row < rows; row++) values[points[offset + row]!] = metric[row]!;
  }
  return points.every((point) => hasRow(status[point]!));
}

/** Brings the mark of dead jobs on points without a row up to date. */
function showDead(entry: Entry): void {
  const { grid, status, feed } = entry;
  if (entry.dead === feed.dead || status === NOTHING) return;
  const repaint = (job: number, from: number, to: number): void => {
    for (const point of pointsOfBox(boxOfJob(grid.plan, job), grid.sizes)) if (status[point] === from) status[point] = to;
  };
  for (const job of entry.dead) if (!feed.dead.has(job)) repaint(job, DEAD, MISSING);
  for (const job of feed.dead) if (!entry.dead.has(job)) repaint(job, MISSING, DEAD);
  entry.dead = feed.dead;
}

/** Points with a row. */
function known(status: Uint8Array): number {
  let count = 0;
  for (const state of status) if (hasRow(state)) count++;
  return count;
}
