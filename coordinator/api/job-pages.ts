// Pages of studies' job tables: those that are asked for together are read together.
//
// Every page comes from the database, so that it is right whoever writes there. One query answers
// all who wait, in binary aggregates: on the embedded database, which serves one query at a time, ten
// pages of 100 jobs as ten queries kept the last reader waiting for all of the others.
import { setImmediate as turn } from "node:timers/promises";
import { z } from "zod";
import { Failure } from "../../schema/failure.ts";
import { JOB_STATES, type JobState } from "../../schema/state.ts";
import type { Session } from "../store/database.ts";
import type { JobRow } from "../store/port.ts";
import { copyRows } from "./copy-rows.ts";

/** Pages in one query: bounds how long the embedded database serves nobody else. */
const PAGES_MAX = 32;

export interface JobPage {
  /** The study's number. */
  readonly study: number;
  /** undefined: jobs in any state. */
  readonly state: JobState | undefined;
  readonly from: number;
  readonly limit: number;
}

export type ListedJob = Omit<JobRow, "notBefore">;

interface Waiting {
  readonly page: JobPage;
  readonly resolve: (jobs: readonly ListedJob[]) => void;
  readonly reject: (error: unknown) => void;
}

export class JobPages {
  readonly #session: Session;
  readonly #waiting: Waiting[] = [];
  #isServing = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The first `limit` jobs of a page, by number. */
  read(page: JobPage): Promise<readonly ListedJob[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ page, resolve, reject });
      if (!this.#isServing) void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    // Requests that came together arrive one by one within a turn of the event loop.
    await turn();
    while (this.#waiting.length > 0) {
      const served = this.#waiting.splice(0, PAGES_MAX);
      try {
        const pages = await readPages(this.#session, served.map(({ page }) => page));
        served.forEach(({ resolve }, place) => resolve(pages.get(place) ?? []));
      } catch (error) {
        for (const { reject } of served) reject(error);
      }
    }
    this.#isServing = false;
  }
}

const STATE_CODE = `case state ${JOB_STATES.map((state, code) =>
  `when '${state}' then '\\x0${code}'::bytea`).join(" ")} end`;

/** What one branch of the query reads, and the pages that it serves. */
interface Branch {
  readonly where: string;
  readonly places: readonly number[];
}

/**
 * Pages of all states are ranges of numbers, which a study has without gaps: one branch reads those
 * of a study. A page of one state is a branch of its own, found by that state's partial index; ten
 * of them take the embedded database 8 ms to plan, where ten ranges take 1.4 ms in all.
 */
function branchesOf(pages: readonly JobPage[]): Branch[] {
  const branches: Branch[] = [];
  const ranged = new Map<number, number[]>();
  pages.forEach(({ study, state, from, limit }, place) => {
    if (state === undefined) {
      ranged.set(study, [...(ranged.get(study) ?? []), place]);
      return;
    }
    branches.push({
      where: `study = ${study} and number >= ${from} and state = '${state}' order by number limit ${limit}`,
      places: [place],
    });
  });
  for (const [study, places] of ranged) {
    const ranges = places.map((place) => rangeText(pages[place]));
    branches.push({ where: `study = ${study} and (${ranges.join(" or ")})`, places });
  }
  return branches;
}

function rangeText(page: JobPage | undefined): string {
  if (page === undefined) throw new RangeError("a page that nobody asked for");
  return `number >= ${page.from} and number < ${page.from + page.limit}`;
}

/** By place in `pages`. */
async function readPages(session: Session, pages: readonly JobPage[]): Promise<Map<number, readonly ListedJob[]>> {
  const branches = branchesOf(pages);
  const packed = ["number", "points", "stored", "attempts"].map((name) => `string_agg(int4send(${name}), '')`);
  const listed = branches.map(({ where }, branch) =>
    `(select ${branch} as branch, number, state, points, stored, attempts, last_error from job where ${where})`);
  const file = await session.copyOut(
    `select branch, string_agg(${STATE_CODE}, ''), ${packed.join(", ")},
       json_agg(json_build_array(number, last_error)) filter (where last_error is not null)::text
     from (${listed.join(" union all ")}) as listed group by branch`);
  const read = new Map<number, readonly ListedJob[]>();
  for (const [branch, ...fields] of copyRows(file)) {
    const jobs = jobsIn(fields);
    for (const place of branches[branch?.getInt32(0) ?? -1]?.places ?? []) {
      const { state, from, limit } = pages[place] ?? { state: undefined, from: 0, limit: 0 };
      const isOfPage = ({ number }: ListedJob): boolean => number >= from && number < from + limit;
      read.set(place, state === undefined ? jobs.filter(isOfPage) : jobs);
    }
  }
  return read;
}

/** The jobs of a branch, by number. */
function jobsIn([states, numbers, points, stored, attempts, errors]: readonly (DataView | null | undefined)[]): ListedJob[] {
  if (!states || !numbers || !points || !stored || !attempts) return [];
  const lastErrors = new Map(errors ? errorsIn(errors) : []);
  return Array.from({ length: states.byteLength }, (_, row): ListedJob => {
    const number = numbers.getInt32(row * 4);
    return {
      number,
      state: JOB_STATES[states.getUint8(row)] ?? "planned",
      points: points.getInt32(row * 4),
      stored: stored.getInt32(row * 4),
      attempts: attempts.getInt32(row * 4),
      lastError: lastErrors.get(number) ?? null,
    };
  }).sort((a, b) => a.number - b.number);
}

const Errors = z.array(z.tuple([z.int(), Failure]));

function errorsIn(text: DataView): z.infer<typeof Errors> {
  const bytes = new Uint8Array(text.buffer, text.byteOffset, text.byteLength);
  return Errors.parse(JSON.parse(new TextDecoder().decode(bytes)));
}
