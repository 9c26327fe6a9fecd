// A browser before a live map, driven from a thread of its own: the driver hears of every request,
// and on the thread that stores points it would slow down what is measured.
//
// Three ways to spend a round: `blank` shows nothing; `painting` shows the map and repaints it once
// a second as if points arrived, but asks the server for nothing (what the browser's own work takes
// from the cores); `watching` is the page as it is.
import { parentPort, workerData } from "node:worker_threads";
import type { Page } from "playwright-core";
import { z } from "zod";
import { launchBrowser } from "../test/support/browser-bench.ts";

export const WAYS = ["blank", "painting", "watching"] as const;
export type Way = (typeof WAYS)[number];

/** The map's address. */
export const WatcherWords = z.object({ url: z.string() });
export const WatcherCall = z.object({ way: z.enum(WAYS), step: z.enum(["begin", "end"]) });
/** Since `begin`: repaints, bytes of each refresh, and milliseconds of tasks over 50. */
export const Watched = z.object({ paints: z.int(), bytes: z.array(z.number()), longTasks: z.array(z.number()) });
export type Watched = z.infer<typeof Watched>;

/** Points that a made-up refresh tells of, in cells of the map. */
const PAINTED_CELLS = 8_500;

/** The page as it is, but events are made up and a refresh is answered without the server. */
const PAINT_ONLY = `(() => {
  const ask = window.fetch.bind(window);
  let whole = null;
  let turn = 0;
  const delta = () => {
    const { header } = whole;
    turn++;
    const cells = Uint32Array.from({ length: ${PAINTED_CELLS} },
      (_, place) => (turn * ${PAINTED_CELLS} + place) % (header.columns * header.rows));
    const head = new TextEncoder().encode(JSON.stringify(
      { ...header, cells: cells.length, version: header.version.split(".")[0] + "." + turn, range: [-1, 1], more: false }));
    const padded = Math.ceil(head.length / 4) * 4;
    const body = new Uint8Array(8 + padded + cells.length * 9).fill(32, 8, 8 + padded);
    body.set(whole.magic);
    new DataView(body.buffer).setUint32(4, padded, true);
    body.set(head, 8);
    body.set(new Uint8Array(cells.buffer), 8 + padded);
    body.set(new Uint8Array(Float32Array.from(cells, (cell) => Math.sin(cell + turn)).buffer), 8 + padded + cells.length * 4);
    body.fill(1, 8 + padded + cells.length * 8);
    return new Response(body);
  };
  window.fetch = async (path, init) => {
    if (String(path).includes("since=")) return delta();
    const response = await ask(path, init);
    if (String(path).includes("/heatmap") && whole === null) {
      const body = await response.clone().arrayBuffer();
      const bytes = new DataView(body).getUint32(4, true);
      whole = { magic: new Uint8Array(body.slice(0, 4)), header: JSON.parse(new TextDecoder().decode(new Uint8Array(body, 8, bytes))) };
    }
    return response;
  };
  window.EventSource = class extends EventTarget {
    readyState = 1;
    constructor() {
      super();
      ask("/api/studies").then((response) => response.json()).then(({ studies }) => {
        const one = studies.map(({ progress }) => progress);
        const tell = (type, data) => this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
        tell("snapshot", { boot: "painted", studies: one });
        setInterval(() => {
          for (const progress of one) tell("progress", { key: progress.key, changes: { stored: progress.stored += 50_000 } });
        }, 1_000);
      });
    }
    close() {}
  };
})()`;

const OBSERVE = `(() => {
  performance.clearMarks();
  performance.clearResourceTimings();
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
})()`;

const READ = `({
  paints: performance.getEntriesByName("nearclone-painted").length,
  bytes: performance.getEntriesByType("resource").filter(({ name }) => name.includes("since=")).map(({ encodedBodySize }) => encodedBodySize),
  longTasks: window.longTasks,
})`;

// oxlint-disable unicorn/require-post-message-target-origin -- a thread's port has no origin
const port = parentPort;
if (port !== null) {
  const { url } = WatcherWords.parse(workerData);
  const browser = await launchBrowser();
  let page: Page | null = null;
  port.on("message", (message: unknown) => {
    if (message === "close") {
      void browser.close().then(() => port.close());
      return;
    }
    const { way, step } = WatcherCall.parse(message);
    const answer = step === "begin" ? begin(way) : end();
    answer.then((watched) => port.postMessage(watched), (error: unknown) => {
      throw error;
    });
  });
  port.postMessage("ready");

  async function begin(way: Way): Promise<null> {
    page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    if (way === "blank") return null;
    if (way === "painting") await page.addInitScript(PAINT_ONLY);
    await page.goto(url);
    await untilMark(page, "nearclone-painted");
    await page.waitForTimeout(1_000);
    await page.evaluate(OBSERVE);
    return null;
  }

  async function end(): Promise<Watched> {
    const url = page?.url() ?? "about:blank";
    const watched = url === "about:blank" ? { paints: 0, bytes: [], longTasks: [] } : Watched.parse(await page?.evaluate(READ));
    await page?.close();
    return watched;
  }
}

/** Milliseconds from the navigation's start to the first mark of that name. */
export async function untilMark(page: Page, name: string): Promise<number> {
  // Evaluated by the debugger: the page's own policy forbids eval, which waitForFunction needs.
  return Number(await page.evaluate(`(async () => {
    while (performance.getEntriesByName("${name}").length === 0) await new Promise((next) => setTimeout(next, 10));
    return performance.getEntriesByName("${name}")[0].startTime;
  })()`));
}
