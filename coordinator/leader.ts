// One coordinator at a time per database: an advisory lock, held by a connection of its own.
//
// The lock ends with its connection, so a coordinator that dies, hangs up or loses the network
// gives way by itself; one that finds its connection gone must stop before it publishes again.
// A late commit of the old one is harmless all the same: rows are inserted `on conflict do nothing`.
import { type Clock, pause } from "../queue/clock.ts";
import { LOCK_SPACE } from "./store/limits.ts";
import { UserError } from "../schema/failure.ts";
import type { StudyKey } from "../schema/job.ts";
import { isAway } from "./store/away.ts";

const LEADER_LOCK = 2;
/** First key of the locks of single studies. */
const STUDY_SPACE = LOCK_SPACE + 1;
const ASK_EVERY_MS = 1_000;
/** How often the holder proves that its connection is alive. */
const PROVE_EVERY_MS = 3_000;
/** An answer that takes longer does not come. */
const ANSWER_MS = 5_000;
/** A leader that is silent for so long is not one any more. */
const SILENCE_MS = 12_000;

export interface Leadership {
  /** Aborts when the lock is lost. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface LeaderOptions {
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** Told once that another coordinator leads. */
  readonly onWait: () => void;
  /** Told once each time that the database cannot be asked. */
  readonly onAway: (why: string) => void;
}

/**
 * Waits until this process leads the database at `url`; null once `stop` aborts. An embedded
 * database is led by whoever has opened it.
 */
export async function lead(url: string, options: LeaderOptions): Promise<Leadership | null> {
  if (!/^postgres(ql)?:/.test(url)) {
    return { lost: new AbortController().signal, release: async () => {} };
  }
  const { clock, stop, onWait, onAway } = options;
  let told: "nothing" | "wait" | "away" = "nothing";
  while (!stop.aborted) {
    const tried = await tryToLead(url, clock);
    if (tried === "taken") {
      if (told !== "wait") onWait();
      told = "wait";
    } else if (typeof tried === "string") {
      if (told !== "away") onAway(tried);
      told = "away";
    } else {
      return tried;
    }
    await pause(clock, ASK_EVERY_MS, stop);
  }
  return null;
}

/** Leadership, "taken" if another process has it, or why the database cannot be asked. */
async function tryToLead(url: string, clock: Clock): Promise<Leadership | string> {
  const { Client } = await import("pg");
  const client = new Client({
    connectionString: url,
    keepAlive: true,
    application_name: "nearclone leader",
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  const lost = new AbortController();
  client.on("error", () => lost.abort());
  client.on("end", () => lost.abort());
  try {
    await client.connect();
    // A leader that is frozen, or behind a dead network, gives way: the server ends its session.
    await client.query(`set idle_session_timeout = ${SILENCE_MS}`).catch(() => {}); // since Postgres 14
    const answer = await client.query<{ got: boolean }>(
      `select pg_try_advisory_lock(${LOCK_SPACE}, ${LEADER_LOCK}) as got`,
    );
    if (answer.rows[0]?.got === true) return held(client, lost, clock);
  } catch (error) {
    if (!isAway(error) && !isTimeout(error)) throw error;
    await client.end().catch(() => {});
    return error instanceof Error ? error.message : String(error);
  }
  await client.end().catch(() => {});
  return "taken";
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/i.test(error.message);
}

/**
 * Keeps a study for a process that runs it alone: no coordinator leads meanwhile, and no other
 * process runs the same study. An embedded database belongs to one process anyhow.
 *
 * @returns what lets go of it
 * @throws UserError if somebody else runs it
 */
export async function claimStudy(url: string, key: StudyKey, program: string): Promise<() => Promise<void>> {
  if (!/^postgres(ql)?:/.test(url)) return async () => {};
  const { Client } = await import("pg");
  const client = new Client({ connectionString: url, keepAlive: true, application_name: "nearclone run" });
  // A lock that ends with its connection costs no row: both write the same bits.
  client.on("error", () => {});
  const release = (): Promise<void> => client.end().catch(() => {});
  await client.connect();
  const got = async (lock: string): Promise<boolean> =>
    (await client.query<{ got: boolean }>(`select ${lock} as got`)).rows[0]?.got === true;
  if (!(await got(`pg_try_advisory_lock_shared(${LOCK_SPACE}, ${LEADER_LOCK})`))) {
    await release();
    throw new UserError(`a coordinator runs this database's studies: ${program} submit gives it this one`);
  }
  if (!(await got(`pg_try_advisory_lock(${STUDY_SPACE}, ('x' || '${key.slice(3, 11)}')::bit(32)::int)`))) {
    await release();
    throw new UserError(`another ${program} run computes this study in the same database: wait for it, or stop it`);
  }
  return release;
}

interface Connection {
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}

function held(client: Connection, lost: AbortController, clock: Clock): Leadership {
  let cancel = (): void => {};
  const prove = (): void => {
    cancel = clock.after(PROVE_EVERY_MS, () => {
      client.query("select 1").then(prove, () => lost.abort());
    });
  };
  prove();
  return {
    lost: lost.signal,
    release: async () => {
      cancel();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ANSWER_MS)));
      await Promise.race([client.end().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}
