// What watching a study costs those who store its points, 50,000 a second, and each refresh.
//
// Rounds of three kinds take turns, so that a database that slows down as it grows, or a machine
// with other work, weighs on all alike: nobody looks; a browser repaints the map but asks for
// nothing; the page watches. The second tells what the browser's own work takes from the cores,
// which it would on any machine with two of them; the third less the second is the server's part.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { performance as clock } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { planStudy } from "../coordinator/plan.ts";
import type { StoreParts } from "../coordinator/store/open.ts";
import { identityOf } from "../schema/identity.ts";
import type { StudyOrder } from "../schema/job.ts";
import { parseStudy } from "../schema/study.ts";
import { startPage } from "../test/support/browser-bench.ts";
import { orderOf } from "../test/support/orders.ts";
import { attemptOf, reportOf } from "../test/support/reports.ts";
import { Watched, type Way, WAYS } from "./watcher.ts";

const POINTS_PER_SECOND = 50_000;
/** Rounds of each kind, of ROUND_S seconds. */
const ROUNDS = 5;
const ROUND_S = 4;

function liveOrder(): StudyOrder {
  const points = (WAYS.length * ROUNDS + 1) * ROUND_S * POINTS_PER_SECOND;
  const parsed = parseStudy({
    name: "live", experiment: "noop",
    axes: { x: { linear: [0, 999], steps: 1000 }, y: { linear: [0, points / 1000 - 1], steps: points / 1000 } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return orderOf(parsed.spec, planStudy(parsed.spec));
}

/** One round: milliseconds of each commit, and of the server's thread at work. */
interface Round {
  readonly way: Way;
  readonly commitMs: readonly number[];
  readonly busyMs: number;
  readonly elapsedMs: number;
  readonly points: number;
  readonly watched: Watched;
}

/** Stores jobs, at most POINTS_PER_SECOND. */
async function ingest(parts: StoreParts, order: StudyOrder, jobs: readonly number[]) {
  const startedAt = performance.now();
  const before = clock.eventLoopUtilization();
  const commitMs: number[] = [];
  let points = 0;
  for (const number of jobs) {
    const report = reportOf(order, number, { value: (index) => Math.sin(index / 50) });
    const rows = report.block?.status.length ?? 0;
    const attempt = attemptOf(report.job, { kind: "done", points: rows });
    const from = performance.now();
    await parts.store.commit([{ ...report, attempt }]);
    commitMs.push(performance.now() - from);
    points += rows;
    const ahead = (points / POINTS_PER_SECOND) * 1000 - (performance.now() - startedAt);
    await sleep(Math.max(0, ahead));
  }
  return { commitMs, busyMs: clock.eventLoopUtilization(before).active, elapsedMs: performance.now() - startedAt, points };
}

export async function live(parts: StoreParts): Promise<object> {
  const order = liveOrder();
  await parts.store.ensureStudy(order, identityOf(order.spec, null));
  const perRound = Math.floor(order.plan.jobs / (WAYS.length * ROUNDS + 1));
  const jobsOf = (round: number): number[] => Array.from({ length: perRound }, (_, index) => round * perRound + index);
  await ingest(parts, order, jobsOf(0));
  const dashboard = await startPage(parts);
  const watcher = new Worker(new URL("./watcher.js", import.meta.url),
    { workerData: { url: `${dashboard.url}#/study/live/map?x=x&y=y` } });
  await once(watcher, "message");
  const call = async (way: Way, step: "begin" | "end"): Promise<unknown> => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
    watcher.postMessage({ way, step });
    const [answer]: unknown[] = await once(watcher, "message");
    return answer;
  };
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS * WAYS.length; round++) {
    // Each turn of three begins with another, so that none always follows the same one.
    const way = WAYS[(round + Math.floor(round / WAYS.length)) % WAYS.length] ?? "blank";
    await call(way, "begin");
    const ingested = await ingest(parts, order, jobsOf(round + 1));
    rounds.push({ way, ...ingested, watched: Watched.parse(await call(way, "end")) });
  }
  const ended = once(watcher, "exit");
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  watcher.postMessage("close");
  await ended;
  await dashboard.close();
  return figuresOf(rounds);
}

function figuresOf(rounds: readonly Round[]): object {
  const of = (way: Way): readonly Round[] => rounds.filter((round) => round.way === way);
  const commits = (way: Way): number[] => of(way).flatMap(({ commitMs }) => commitMs);
  const slower = (average: (values: readonly number[]) => number, way: Way, than: Way): number =>
    round(100 * (average(commits(way)) / average(commits(than)) - 1));
  const { bytes, longTasks } = { bytes: of("watching").flatMap(({ watched }) => watched.bytes),
    longTasks: of("watching").flatMap(({ watched }) => watched.longTasks) };
  return {
    bytesMedian: median(bytes), bytesWorst: Math.max(0, ...bytes), refreshes: bytes.length,
    mainThreadMsWorst: round(Math.max(0, ...longTasks)), longTasksOver50Ms: longTasks.length,
    byWay: Object.fromEntries(WAYS.map((way) => [way, {
      commitMsMean: round(mean(commits(way))), commitMsMedian: round(median(commits(way))),
      pointsPerSecond: Math.round(1000 * sum(of(way).map(({ points }) => points)) / sum(of(way).map(({ elapsedMs }) => elapsedMs))),
      serverBusyPercent: round(100 * sum(of(way).map(({ busyMs }) => busyMs)) / sum(of(way).map(({ elapsedMs }) => elapsedMs))),
      repaints: sum(of(way).map(({ watched }) => watched.paints)),
    }])),
    // Against nobody looking; and against a browser that repaints but asks for nothing.
    slowdownPercent: { mean: slower(mean, "watching", "blank"), median: slower(median, "watching", "blank") },
    paintingAlonePercent: { mean: slower(mean, "painting", "blank"), median: slower(median, "painting", "blank") },
    serverPartPercent: { mean: slower(mean, "watching", "painting"), median: slower(median, "watching", "painting") },
  };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const round = (value: number): number => Math.round(value * 100) / 100;
