// What routes work with: the store, the database beneath it, and what the server keeps in memory.
import type { Clock } from "../../queue/clock.ts";
import type { Database } from "../store/database.ts";
import type { Store } from "../store/port.ts";
import { ColumnCache } from "./columns.ts";
import { EventHub } from "./event-hub.ts";
import { JobPages } from "./job-pages.ts";
import { ProgressReader } from "./progress.ts";
import { SharedAnswers } from "./shared-answers.ts";
import type { StudyGrid } from "./study-grid.ts";

export interface Tools {
  readonly store: Store;
  readonly database: Database;
  readonly columns: ColumnCache;
  readonly progress: ProgressReader;
  readonly jobPages: JobPages;
  /** By the name that a request uses for a study, and by path and query. */
  readonly grids: SharedAnswers<StudyGrid>;
  readonly answers: SharedAnswers<string>;
  readonly events: EventHub;
  readonly clock: Clock;
  readonly version: string;
  /** Differs from start to start, so that a page notices a restart. */
  readonly boot: string;
  /** Stops listening to the store. */
  readonly forget: () => void;
  /** null: nobody needs one. */
  readonly token: string | null;
  /** The embedded database runs on this thread, so a heavy query of the console stops everything. */
  readonly sqlTimeoutMs: number;
}

export interface ToolOptions {
  readonly store: Store;
  readonly database: Database;
  readonly clock: Clock;
  readonly version: string;
  readonly boot: string;
  readonly token?: string | null;
  /** Bytes that result columns may take in memory. */
  readonly memoryBytes?: number;
  readonly sqlTimeoutMs?: number;
}

const MEMORY_BYTES = 256 * 2 ** 20;
const SQL_TIMEOUT_MS = 10_000;

export function makeTools(options: ToolOptions): Tools {
  const { store, database, clock, version, boot, token = null } = options;
  const now = (): number => clock.now();
  const progress = new ProgressReader(store, database, now);
  const columns = new ColumnCache(database, { budgetBytes: options.memoryBytes ?? MEMORY_BYTES, now });
  return {
    store, database, clock, version, boot, token, progress, columns,
    jobPages: new JobPages(database),
    grids: new SharedAnswers(now),
    answers: new SharedAnswers(now),
    forget: store.onCommit((reports, committed) => columns.hear(reports, committed)),
    events: new EventHub({ store, progress, clock, boot }),
    sqlTimeoutMs: options.sqlTimeoutMs ?? SQL_TIMEOUT_MS,
  };
}
