// Which jobs changed, in order: the clock that versions of a picture count by.
//
// Two sources. Commits of this process tell of themselves, rows and all, and nothing need be read.
// Everything else is looked for in the database: a finished job leaves an attempt in the
// transaction that stored its last rows, and attempts are numbered in order, so what is new stands
// behind the last number seen; jobs that died or were revived count as changed too. Rows that come
// without an attempt from elsewhere (a job under way, or completed late) are found by their
// number, and then everything is read again: a reset.
import type { Session } from "../store/database.ts";
import type { StudyGrid } from "./study-grid.ts";

/** The database is asked at most this often, and less while this process itself commits. */
const ADVANCE_EVERY_MS = 200;
const ADVANCE_WHILE_HEARD_MS = 2_000;
const HEARD_FOR_MS = 1_000;
const STEP_ATTEMPTS = 20_000;
/** Rows without an attempt are looked for only while the feed is silent, and not too often. */
const RESET_EVERY_MS = 20_000;
const REST_MAX_MS = 5_000;

export class JobFeed {
  readonly #session: Session;
  readonly #grid: StudyGrid;
  readonly #now: () => number;
  readonly #jobs: number[] = [];
  /** Positions in #jobs whose rows stand in the database only. */
  readonly #unread: number[] = [];
  /** Jobs that are here whole: their attempts bring nothing new. */
  readonly #whole = new Set<number>();
  #dead: ReadonlySet<number> = new Set();
  #attempt: number | null = null;
  #heardAt = Number.NEGATIVE_INFINITY;
  #askNotBefore = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #resetAt = Number.NEGATIVE_INFINITY;
  #lengthThen = 0;
  #expected: number | null = null;
  #epoch: number;
  #asking: Promise<void> | null = null;

  constructor(session: Session, grid: StudyGrid, now: () => number) {
    this.#session = session;
    this.#grid = grid;
    this.#now = now;
    this.#epoch = now();
  }

  get length(): number {
    return this.#jobs.length;
  }

  get dead(): ReadonlySet<number> {
    return this.#dead;
  }

  /** `epoch.sequence`; another epoch has nothing in common with this one. */
  get version(): string {
    return this.versionAt(this.length);
  }

  versionAt(sequence: number): string {
    return `${this.#grid.id}-${this.#epoch.toString(36)}.${sequence}`;
  }

  /** The sequence that a version stands for, or null if it is not one of this epoch. */
  sequenceOf(version: string): number | null {
    const [epoch, digits] = version.split(".");
    const sequence = Number(digits);
    return `${epoch}.0` === this.versionAt(0) && sequence <= this.length ? sequence : null;
  }

  jobs(from: number, to: number): readonly number[] {
    return this.#jobs.slice(from, to);
  }

  /** Jobs among those whose rows have to be read from the database. */
  unread(from: number, to: number): readonly number[] {
    return this.#unread.filter((place) => place >= from && place < to).map((place) => this.#jobs[place] ?? -1);
  }

  /** Once after a silence: how many points have rows, by the jobs' own count; else null. */
  takeExpected(): number | null {
    const was = this.#expected;
    this.#expected = null;
    return was;
  }

  /** Begins another epoch: what was seen so far is void. */
  reset(): void {
    this.#epoch = Math.max(this.#now(), this.#epoch + 1);
  }

  /** A commit of this process changed `job`. here: its rows need not be read; whole: all of them. */
  hear(job: number, known: "here" | "whole" | "unread"): void {
    this.#heardAt = this.#now();
    if (known === "whole") this.#whole.add(job);
    this.#push(job, known === "unread");
  }

  hearDead(job: number): void {
    this.#heardAt = this.#now();
    this.#dead = new Set([...this.#dead, job]);
    this.#push(job, false);
  }

  #push(job: number, isUnread: boolean): void {
    if (isUnread) this.#unread.push(this.#jobs.length);
    this.#jobs.push(job);
  }

  /** The database is left alone for nine times as long as reading kept it: a tenth of it at most. */
  restAfter(readingMs: number): void {
    this.#askNotBefore = this.#now() + Math.min(REST_MAX_MS, 9 * readingMs);
  }

  /** Looks for what is new in the database, unless it did just now. */
  async advance(): Promise<void> {
    if (this.#asking !== null) return this.#asking;
    const now = this.#now();
    const isHeard = now - this.#heardAt < HEARD_FOR_MS;
    const everyMs = isHeard ? ADVANCE_WHILE_HEARD_MS : ADVANCE_EVERY_MS;
    if (now < this.#askNotBefore || now - this.#askedAt < everyMs) return;
    this.#asking = this.#ask().finally(() => {
      this.#asking = null;
      this.#askedAt = this.#now();
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { id } = this.#grid;
    if (this.#attempt === null) {
      const newest = await this.#session.query("select coalesce(max(id), 0) from attempt");
      this.#attempt = Number(newest.rows[0]?.[0]);
      this.#dead = await this.#readDead();
      this.#resetAt = this.#now();
      return;
    }
    for (;;) {
      const { rows } = await this.#session.query(
        `select id, job from attempt where id > $1 and study = $2 and outcome = 'done'
         order by id limit ${STEP_ATTEMPTS}`, [this.#attempt, id]);
      for (const [attempt, job] of rows) {
        if (!this.#whole.has(Number(job))) this.#push(Number(job), true);
        this.#attempt = Number(attempt);
      }
      if (rows.length < STEP_ATTEMPTS) break;
    }
    const dead = await this.#readDead();
    for (const job of dead) if (!this.#dead.has(job)) this.#push(job, false);
    for (const job of this.#dead) if (!dead.has(job)) this.#push(job, false);
    this.#dead = dead;
    await this.#lookForStrays();
  }

  async #readDead(): Promise<ReadonlySet<number>> {
    const { rows } = await this.#session.query(
      "select number from job where study = $1 and state = 'dead'", [this.#grid.id]);
    return new Set(rows.map(([number]) => Number(number)));
  }

  /** Rows that came without moving the feed show in the jobs' own count, once it is silent. */
  async #lookForStrays(): Promise<void> {
    if (this.#now() - this.#resetAt < RESET_EVERY_MS) return;
    this.#resetAt = this.#now();
    const isSilent = this.#lengthThen === this.length;
    this.#lengthThen = this.length;
    if (!isSilent) return;
    const { rows } = await this.#session.query(
      "select coalesce(sum(stored), 0) from job where study = $1", [this.#grid.id]);
    this.#expected = Number(rows[0]?.[0]);
  }
}
