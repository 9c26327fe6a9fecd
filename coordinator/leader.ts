// One coordinator at a time per database: an advisory lock, held by a connection of its own.
//
// The lock ends with its connection, so a coordinator that dies, hangs up or loses the network
// gives way by itself; one that finds its connection gone must stop before it publishes again.
// A late commit of the old one is harmless all the same: rows are inserted `on conflict do nothing`.
import { type Clock, pause } from "../queue/clock.ts";
import { LOCK_SPACE } from "./store/limits.ts";
import { isAway } from "./store/away.ts";

const LEADER_LOCK = 2;
const ASK_EVERY_MS = 1_000;
/** How often the holder proves that its connection is alive. */
const PROVE_EVERY_MS = 3_000;

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
}

/**
 * Waits until this process leads the database at `url`; null once `stop` aborts. An embedded
 * database is led by whoever has opened it.
 */
export async function lead(url: string, options: LeaderOptions): Promise<Leadership | null> {
  if (!/^postgres(ql)?:/.test(url)) {
    return { lost: new AbortController().signal, release: async () => {} };
  }
  const { Client } = await import("pg");
  let isTold = false;
  while (!options.stop.aborted) {
    const client = new Client({ connectionString: url, keepAlive: true, application_name: "nearclone leader" });
    const lost = new AbortController();
    client.on("error", () => lost.abort());
    client.on("end", () => lost.abort());
    try {
      await client.connect();
      const answer = await client.query<{ got: boolean }>(
        `select pg_try_advisory_lock(${LOCK_SPACE}, ${LEADER_LOCK}) as got`,
      );
      if (answer.rows[0]?.got === true) return held(client, lost, options.clock);
      if (!isTold) options.onWait();
      isTold = true;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    await client.end().catch(() => {});
    await pause(options.clock, ASK_EVERY_MS, options.stop);
  }
  return null;
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
      await client.end().catch(() => {});
    },
  };
}
