// The dashboard's speed in a real browser, server and browser on the same cores.
//
// First paint is from the start of the navigation to the painted canvas, with a server that has
// read nothing yet. A slider's step is from the input event to the repainted canvas. Live: what a
// refresh costs while points arrive, and what watching costs those who store them.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Browser, Page } from "playwright-core";
import { openStoreParts, type StoreParts } from "../coordinator/store/open.ts";
import { planStudy } from "../coordinator/plan.ts";
import { identityOf } from "../schema/identity.ts";
import type { StudyOrder } from "../schema/job.ts";
import { parseStudy } from "../schema/study.ts";
import { launchBrowser, startPage } from "../test/support/browser-bench.ts";
import { orderOf } from "../test/support/orders.ts";
import { phaseOrder, storePhase } from "../test/support/phase-study.ts";
import { startPostgres } from "../test/support/postgres.ts";
import { attemptOf, reportOf } from "../test/support/reports.ts";
import { ClientsReport, type ClientsWords } from "./clients.ts";

const ROUNDS = 3;
const STEPS = 20;
const LIVE_POINTS_PER_SECOND = 50_000;
/** Of about 4 s each, watched and alone. */
const LIVE_ROUNDS = 4;

/** Bars: first paint 1,500 ms (Postgres 1,000), slider 250 ms, API p95 50 ms, ingest slowed by 5 %. */
export async function benchDashboard(): Promise<object> {
  const browser = await launchBrowser();
  const folder = mkdtempSync(join(tmpdir(), "nearclone-bench-"));
  const server = await startPostgres();
  try {
    return {
      pglite: await measure(join(folder, "db"), browser),
      postgres: await measure(server.url, browser),
    };
  } finally {
    await browser.close();
    server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(url: string, browser: Browser): Promise<object> {
  const parts = await openStoreParts(url);
  const flat = phaseOrder({ name: "flat", lengthScales: 1, ridges: 1000, counts: 1000, replicates: 1 });
  const cube = phaseOrder({ name: "cube", lengthScales: 100, ridges: 100, counts: 100, replicates: 1, jobPoints: 500 });
  await storePhase(parts.store, flat);
  await storePhase(parts.store, cube);
  const result: Record<string, object> = {};
  for (const [name, part] of Object.entries({ firstPaint, slider, api: apiLatency, live })) {
    result[name] = await part(parts, browser);
    console.error(`  ${parts.store.kind} ${name}: ${JSON.stringify(result[name])}`);
  }
  await parts.store.close();
  return result;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const round = (value: number): number => Math.round(value * 10) / 10;

/** Each round has a new server and a new browser profile: nothing is cached anywhere. */
async function firstPaint(parts: StoreParts, browser: Browser): Promise<object> {
  const times: number[] = [];
  let bytes = 0;
  for (let turn = 0; turn < ROUNDS; turn++) {
    const dashboard = await startPage(parts);
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    await page.goto(`${dashboard.url}#/study/flat/map?x=ridge&y=poison_count`);
    times.push(await untilMark(page, "nearclone-painted"));
    bytes = Number(await page.evaluate(
      `performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
        .filter(({ name }) => !name.includes("/api/")).reduce((sum, one) => sum + one.transferSize, 0)`));
    await page.close();
    await dashboard.close();
  }
  return { msBest: round(Math.min(...times)), msMedian: round(median(times)), pageBytes: bytes };
}

/** Milliseconds from the navigation's start to the first mark of that name. */
async function untilMark(page: Page, name: string): Promise<number> {
  // Evaluated by the debugger: the page's own policy forbids eval, which waitForFunction needs.
  return Number(await page.evaluate(`(async () => {
    while (performance.getEntriesByName("${name}").length === 0) await new Promise((next) => setTimeout(next, 10));
    return performance.getEntriesByName("${name}")[0].startTime;
  })()`));
}

async function slider(parts: StoreParts, browser: Browser): Promise<object> {
  const dashboard = await startPage(parts);
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  await page.goto(`${dashboard.url}#/study/cube/map?x=length_scale&y=ridge&at=poison_count:50`);
  await untilMark(page, "nearclone-painted");
  await page.locator("input[type=range]").waitFor();
  const times: unknown = await page.evaluate(`(async () => {
    const input = document.querySelector("input[type=range]");
    const times = [];
    for (let step = 0; step < ${STEPS}; step++) {
      performance.clearMarks();
      const from = performance.now();
      input.value = String((step * 37) % 100);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      while (performance.getEntriesByName("nearclone-painted").length === 0) await new Promise((next) => setTimeout(next, 2));
      times.push(performance.getEntriesByName("nearclone-painted")[0].startTime - from);
      await new Promise((next) => setTimeout(next, 30));
    }
    return times;
  })()`);
  await page.close();
  await dashboard.close();
  const numbers = Array.isArray(times) ? times.map(Number) : [];
  return { msMedian: round(median(numbers)), msWorst: round(Math.max(...numbers)), steps: numbers.length };
}

/** 20 clients for three seconds: see clients.ts. */
async function apiLatency(parts: StoreParts, _browser: Browser): Promise<object> {
  const dashboard = await startPage(parts);
  const words: ClientsWords = { base: `http://127.0.0.1:${dashboard.port}/api/studies/cube`, clients: 20, forMs: 3_000 };
  const thread = new Worker(new URL("./clients.js", import.meta.url), { workerData: words });
  const [message]: unknown[] = await once(thread, "message");
  await dashboard.close();
  const { times, refused } = ClientsReport.parse(message);
  times.sort((a, b) => a - b);
  return {
    msMedian: round(median(times)), msP95: round(times[Math.floor(times.length * 0.95)] ?? Number.NaN),
    requests: times.length, refused,
  };
}

function liveOrder(): StudyOrder {
  const parsed = parseStudy({
    name: "live", experiment: "noop",
    axes: { x: { linear: [0, 999], steps: 1000 }, y: { linear: [0, 1999], steps: 2000 } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return orderOf(parsed.spec, planStudy(parsed.spec));
}

interface Ingested {
  /** Milliseconds of each commit, and from the first to the last. */
  readonly commitMs: readonly number[];
  readonly elapsedMs: number;
  readonly points: number;
}

/** Stores jobs, at most LIVE_POINTS_PER_SECOND. */
async function ingest(parts: StoreParts, order: StudyOrder, jobs: readonly number[]): Promise<Ingested> {
  const startedAt = performance.now();
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
    const ahead = (points / LIVE_POINTS_PER_SECOND) * 1000 - (performance.now() - startedAt);
    await sleep(Math.max(0, ahead));
  }
  return { commitMs, elapsedMs: performance.now() - startedAt, points };
}

/**
 * Rounds with the map open and with the page elsewhere take turns, so that a database that slows
 * down as it grows, or a machine with other work, weighs on both alike.
 */
async function live(parts: StoreParts, browser: Browser): Promise<object> {
  const order = liveOrder();
  await parts.store.ensureStudy(order, identityOf(order.spec, null));
  const perRound = Math.floor(order.plan.jobs / (2 * LIVE_ROUNDS + 1));
  const jobsOf = (round: number): number[] => Array.from({ length: perRound }, (_, index) => round * perRound + index);
  await ingest(parts, order, jobsOf(0));
  const dashboard = await startPage(parts);
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  const sizes: number[] = [];
  page.on("response", (response) => {
    if (!response.url().includes("since=")) return;
    response.body().then((body) => sizes.push(body.length), () => {});
  });
  const map = `${dashboard.url}#/study/live/map?x=x&y=y`;
  const [watched, alone]: [Ingested[], Ingested[]] = [[], []];
  const tasks: number[] = [];
  let paints = 0;
  for (let round = 0; round < LIVE_ROUNDS; round++) {
    alone.push(await ingest(parts, order, jobsOf(2 * round + 1)));
    await page.goto(map);
    await untilMark(page, "nearclone-painted");
    await page.evaluate(`(() => {
      performance.clearMarks();
      window.longTasks = [];
      new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
    })()`);
    watched.push(await ingest(parts, order, jobsOf(2 * round + 2)));
    paints += Number(await page.evaluate(`performance.getEntriesByName("nearclone-painted").length`));
    const seen: unknown = await page.evaluate("window.longTasks");
    if (Array.isArray(seen)) tasks.push(...seen.map(Number));
    await page.goto("about:blank");
  }
  await page.close();
  await dashboard.close();
  const commits = (rounds: readonly Ingested[]): number[] => rounds.flatMap(({ commitMs }) => commitMs);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const slowdown = (of: (values: readonly number[]) => number): number =>
    round(100 * (of(commits(watched)) / of(commits(alone)) - 1));
  const rate = (rounds: readonly Ingested[]): number =>
    rounds.reduce((sum, { points }) => sum + points, 0) / rounds.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) * 1000;
  return {
    refreshes: paints,
    bytesMedian: median(sizes), bytesWorst: Math.max(0, ...sizes),
    mainThreadMsWorst: round(Math.max(0, ...tasks)), longTasksOver50Ms: tasks.length,
    commitMsMeanWatched: round(mean(commits(watched))), commitMsMeanAlone: round(mean(commits(alone))),
    slowdownPercent: slowdown(mean), slowdownPercentOfMedians: slowdown(median),
    pointsPerSecondWatched: Math.round(rate(watched)), pointsPerSecondAlone: Math.round(rate(alone)),
  };
}
