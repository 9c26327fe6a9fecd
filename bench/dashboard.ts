// The dashboard's speed in a real browser, server and browser on the same cores.
//
// First paint is from the start of the navigation to the painted canvas, with a server that has
// read nothing yet. A slider's step is from the input event to the repainted canvas. Live: what a
// refresh costs while points arrive, and what watching costs those who store them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
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

const ROUNDS = 3;
const STEPS = 20;
const LIVE_POINTS_PER_SECOND = 50_000;
const LIVE_SECONDS = 8;

/** Bars of issue: first paint 1,500 ms (Postgres 1,000), slider 250 ms, API p95 50 ms. */
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
  const cube = phaseOrder({ name: "cube", lengthScales: 100, ridges: 100, counts: 100, replicates: 1 });
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

/** 20 clients that ask for progress and for jobs, one after the other, for three seconds. */
async function apiLatency(parts: StoreParts, _browser: Browser): Promise<object> {
  const dashboard = await startPage(parts);
  const base = `http://127.0.0.1:${dashboard.port}/api/studies/cube`;
  const times: number[] = [];
  const refused = { count: 0 };
  const until = performance.now() + 3_000;
  const client = async (path: string): Promise<void> => {
    while (performance.now() < until) {
      const from = performance.now();
      const response = await fetch(base + path);
      await response.arrayBuffer();
      if (response.status === 200) times.push(performance.now() - from);
      else refused.count++;
      // A client that asks four times a second is already a busy page.
      await sleep(250);
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => client(index % 2 === 0 ? "/progress" : "/jobs?limit=100")));
  await dashboard.close();
  times.sort((a, b) => a - b);
  return { msP95: round(times[Math.floor(times.length * 0.95)] ?? Number.NaN), requests: times.length, refused: refused.count };
}

function liveOrder(name: string, seed: number): StudyOrder {
  const parsed = parseStudy({
    name, seed, experiment: "noop",
    axes: { x: { linear: [0, 999], steps: 1000 }, y: { linear: [0, 999], steps: 1000 } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return orderOf(parsed.spec, planStudy(parsed.spec));
}

/** Stores jobs, at most `perSecond` points a second; returns the seconds spent in commits alone. */
async function ingest(parts: StoreParts, order: StudyOrder, jobs: readonly number[], perSecond: number): Promise<number> {
  const startedAt = performance.now();
  let [stored, spent] = [0, 0];
  for (const number of jobs) {
    const report = reportOf(order, number, { value: (index) => Math.sin(index / 50) });
    const points = report.block?.status.length ?? 0;
    const attempt = attemptOf(report.job, { kind: "done", points });
    const from = performance.now();
    await parts.store.commit([{ ...report, attempt }]);
    spent += performance.now() - from;
    stored += points;
    const ahead = (stored / perSecond) * 1000 - (performance.now() - startedAt);
    await sleep(Math.max(0, ahead));
  }
  return spent / 1000;
}

async function live(parts: StoreParts, browser: Browser): Promise<object> {
  const order = liveOrder("live", 1);
  const alone = liveOrder("alone", 2);
  for (const one of [order, alone]) await parts.store.ensureStudy(one, identityOf(one.spec, null));
  const perJob = order.plan.points / order.plan.jobs;
  const count = Math.min(order.plan.jobs, Math.ceil((LIVE_POINTS_PER_SECOND * LIVE_SECONDS) / perJob));
  const jobs = Array.from({ length: count }, (_, number) => number);
  await ingest(parts, alone, jobs.slice(0, 5), Number.POSITIVE_INFINITY);
  const dashboard = await startPage(parts);
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  const sizes: number[] = [];
  page.on("response", (response) => {
    if (!response.url().includes("since=")) return;
    response.body().then((body) => sizes.push(body.length), () => {});
  });
  await page.goto(`${dashboard.url}#/study/live/map?x=x&y=y`);
  await untilMark(page, "nearclone-painted");
  const before = Number(await page.evaluate(`(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
    return performance.getEntriesByName("nearclone-painted").length;
  })()`));
  const watchedSeconds = await ingest(parts, order, jobs, LIVE_POINTS_PER_SECOND);
  await sleep(1_500);
  const paints = Number(await page.evaluate(`performance.getEntriesByName("nearclone-painted").length`)) - before;
  const tasks: unknown = await page.evaluate("window.longTasks");
  await page.close();
  await dashboard.close();
  const aloneSeconds = await ingest(parts, alone, jobs.map((number) => number).filter((number) => number >= 5), LIVE_POINTS_PER_SECOND);
  const slowdown = (watchedSeconds / count) / (aloneSeconds / (count - 5)) - 1;
  const long = Array.isArray(tasks) ? tasks.map(Number) : [];
  return {
    refreshes: paints,
    bytesMedian: median(sizes), bytesWorst: Math.max(0, ...sizes),
    mainThreadMsWorst: round(Math.max(0, ...long)),
    longTasksOver50Ms: long.length,
    commitMsPerJobWatched: round((watchedSeconds * 1000) / count),
    commitMsPerJobAlone: round((aloneSeconds * 1000) / (count - 5)),
    slowdownPercent: round(slowdown * 100),
  };
}
