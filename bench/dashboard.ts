// The dashboard's speed in a real browser, server and browser on the same cores.
//
// First paint is from the start of the navigation to the painted canvas, with a server that has
// read nothing yet. A slider's step is from the input event to the repainted canvas. Live: see
// dashboard-live.ts.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Browser } from "playwright-core";
import { openStoreParts, type StoreParts } from "../coordinator/store/open.ts";
import { launchBrowser, startPage } from "../test/support/browser-bench.ts";
import { phaseOrder, storePhase } from "../test/support/phase-study.ts";
import { startPostgres } from "../test/support/postgres.ts";
import { ClientsReport, type ClientsWords } from "./clients.ts";
import { live } from "./dashboard-live.ts";
import { untilMark } from "./watcher.ts";

const ROUNDS = 3;
const STEPS = 20;

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
async function apiLatency(parts: StoreParts): Promise<object> {
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
