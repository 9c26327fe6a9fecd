// One round: a fresh cluster, both studies, one fault in the middle of them, and the verdict.
import { randomFrom } from "../../data/random.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";
import { openStore } from "../../coordinator/store/open.ts";
import { administer, Cluster, urlOf } from "./cluster.ts";
import { dumpOf } from "./dump.ts";
import type { Fault } from "./fault.ts";
import { examine, storedShare, Stuck, untilStored, type Verdict } from "./oracle.ts";
import { expectedStudies, type Studies } from "./studies.ts";

const DEADLINE_MS = 60_000;
/** The fault strikes once a share between these is stored. */
const STRIKE_AT = { least: 0.02, most: 0.4 };
const TEMPLATE = "chaos_template";
/** Enough for a cluster and the harness, few enough to take them all. */
const CONNECTIONS_MAX = 40;

/** What all rounds share. */
export interface Stage {
  readonly postgres: TestPostgres;
  readonly studies: Studies;
  close(): void;
}

export async function openStage(): Promise<Stage> {
  const postgres = await startPostgres({ max_connections: CONNECTIONS_MAX });
  try {
    await administer(postgres.url, `create database ${TEMPLATE}`);
    await (await openStore(urlOf(postgres, TEMPLATE))).close();
    await administer(postgres.url, `create database expected template ${TEMPLATE}`);
    const studies = await expectedStudies(urlOf(postgres, "expected"));
    return {
      postgres,
      studies,
      close: () => {
        studies.remove();
        postgres.remove();
      },
    };
  } catch (error) {
    postgres.remove();
    throw error;
  }
}

export interface RoundResult {
  readonly fault: string;
  readonly seed: number;
  readonly seconds: number;
  /** See Verdict. */
  readonly repeated: number;
  readonly lost: number;
  readonly burnt: number;
  /** [] for a round that ended as an undisturbed one. */
  readonly complaints: readonly string[];
  /** Where something was stuck or wrong. */
  readonly dump: readonly string[];
}

let rounds = 0;

/** Runs a round. Never rejects for what the cluster does: that is a complaint. */
export async function runRound(stage: Stage, fault: Fault, seed: number): Promise<RoundResult> {
  const begin = performance.now();
  rounds += 1;
  const studies = stage.studies.all;
  const { postgres } = stage;
  const database = `chaos_${process.pid}_${rounds}`;
  const cluster = await Cluster.start({ ...fault.cluster, postgres, template: TEMPLATE, database });
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const end = (verdict: Verdict, dump: readonly string[]): RoundResult => ({
    fault: fault.name, seed, ...verdict, dump, seconds: (performance.now() - begin) / 1000,
  });
  try {
    await within(deadline, play(cluster, stage, { fault, seed, deadline }));
    const verdict = await examine(cluster, studies, fault);
    const isFine = verdict.complaints.length === 0;
    return end(verdict, isFine ? [] : await dumpOf(cluster, studies));
  } catch (error) {
    const message = error instanceof Stuck ? `stuck: ${error.message}` : String(error);
    const complaints = [message, ...cluster.deaths];
    return end({ complaints, repeated: 0, lost: 0, burnt: 0 }, await dumpOf(cluster, studies));
  } finally {
    await cluster.close();
    await administer(postgres.url, `drop database if exists ${database} with (force)`);
  }
}

interface Play {
  readonly fault: Fault;
  readonly seed: number;
  readonly deadline: AbortSignal;
}

async function play(cluster: Cluster, stage: Stage, { fault, seed, deadline }: Play): Promise<void> {
  const { store } = cluster;
  const studies = stage.studies.all;
  const random = randomFrom(seed);
  for (const { order, identity } of studies) await store.ensureStudy(order, identity);
  const { least, most } = STRIKE_AT;
  const share = least + (random.below(1_000) / 1_000) * (most - least);
  await untilStored(store, studies, { share, deadline });
  if ((await storedShare(store, studies)) === 1) throw new Error("the fault came too late");
  await fault.strike(cluster, random);
  await untilStored(store, studies, { share: 1, deadline });
  // What is still under way arrives before anything is counted; nobody may hang over it.
  for (const { program } of cluster.workers) await program.end("SIGTERM");
  for (const program of cluster.coordinators) await program.end("SIGTERM");
}

/** `work`, unless `deadline` aborts first. */
async function within(deadline: AbortSignal, work: Promise<void>): Promise<void> {
  const late = new Promise<never>((_, reject) => {
    // A little later than waits of `work` that can say what they wait for.
    deadline.addEventListener("abort", () => {
      setTimeout(() => reject(new Stuck(`not over after ${DEADLINE_MS / 1000} s`)), 500);
    });
  });
  await Promise.race([work, late]);
}
