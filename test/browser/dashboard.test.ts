// The page in a real browser: what a person does with it, end to end.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { after, before } from "node:test";
import type { Page } from "playwright-core";
import { z } from "zod";
import type { StoreParts } from "../../coordinator/store/open.ts";
import { pointOf } from "../../schema/grid.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { axesOf } from "../../schema/study.ts";
import { type BrowserBench, browserBench, skipWithoutChromium } from "../support/browser-bench.ts";
import { skipWithoutPostgres, startPostgres, type TestPostgres } from "../support/postgres.ts";
import { phaseAt, phaseOrder, phaseReport, storePhase } from "../support/phase-study.ts";
import { endOf, FAILED } from "../support/reports.ts";

const order = phaseOrder({ name: "done", lengthScales: 12, ridges: 10, counts: 15, replicates: 3, jobPoints: 150 });
const live = phaseOrder({ name: "live", lengthScales: 8, ridges: 6, counts: 10, replicates: 1, jobPoints: 20 });
const broken = phaseOrder({ name: "broken", lengthScales: 6, ridges: 5, counts: 6, replicates: 1, jobPoints: 30 });
const doomed = phaseOrder({ name: "doomed", lengthScales: 3, ridges: 3, counts: 3, replicates: 1 });
const coarse = phaseOrder({ name: "coarse", lengthScales: 7, ridges: 4, counts: 6, replicates: 1 });
const DEAD = 1;

async function prepare({ store }: StoreParts): Promise<void> {
  await storePhase(store, order);
  await storePhase(store, live, (number) => number < 6);
  await storePhase(store, broken, (number) => number !== DEAD && number !== 4);
  await storePhase(store, doomed);
  await storePhase(store, coarse);
  for (const delivery of [1, 2, 3]) {
    await store.takePlanned(broken.key, 2);
    await store.commit([endOf(broken, DEAD, FAILED, delivery)]);
  }
  await store.announce([{ worker: "w-1", host: "h", version: "0", provider: "portable", slots: 2, memoryBytes: 4e9, gpus: [], running: [] }]);
}

type Body = (page: Page, bench: BrowserBench) => Promise<void>;
interface Scene {
  readonly title: string;
  readonly fragment: string;
  readonly body: Body;
  /** Complaints of the browser that belong to the scene. */
  readonly allowed: RegExp;
}
const scenes: Scene[] = [];

/** A test with a page of its own, closed at its end; fails on any trouble of the browser's. */
function inBrowser(title: string, fragment: string, body: Body, allowed = /^$/): void {
  scenes.push({ title, fragment, body, allowed });
}

inBrowser("a running study is watched until it is finished, without a reload", "#/study/live/map", async (page, bench) => {
  await page.getByText("not computed yet").waitFor();
  const reloads: string[] = [];
  page.on("framenavigated", (frame) => reloads.push(frame.url()));
  const cells = page.getByText(/cells from 480 points|cells from \d+ points/);
  await cells.waitFor();
  for (let number = 6; number < live.plan.jobs; number++) {
    await bench.parts.store.commit([phaseReport(live, number)]);
  }
  await page.locator(".badge.finished").waitFor();
  await page.getByText("100 %").waitFor();
  await page.getByText("not computed yet").waitFor({ state: "detached" });
  assert.deepEqual(reloads, []);
});

inBrowser("a cell read with the keyboard is what SQL says, after changing axes", "#/study/done/map", async (page, bench) => {
  await page.getByLabel("Across").selectOption("poison_count");
  await page.getByLabel("Up", { exact: true }).selectOption("length_scale");
  await page.getByLabel("ridge", { exact: true }).fill("3");
  await page.getByLabel("replicate", { exact: true }).fill("2");
  const map = page.getByRole("application");
  await map.focus();
  await map.press("ArrowRight");
  await map.press("ArrowUp");
  await page.waitForURL(/at=[^&]*replicate(:|%3A)2.*c=\d+|c=\d+.*at=[^&]*replicate(:|%3A)2/);
  const pin = /c=(\d+)(?:%2C|,)(\d+)/.exec(page.url());
  const [count, scale] = [Number(pin?.[1]), Number(pin?.[2])];
  const point = ((2 * 12 + scale) * 10 + 3) * 15 + count;
  const row = page.getByRole("row", { name: /^attack success rate/ });
  await row.waitFor();
  const { rows } = await bench.parts.store.sql(
    `select attack_success_rate, effective_dof from krr_result where point = ${point} and study = (select id from study where name = 'done')`);
  const expected = Number(rows[0]?.[0]);
  assert.equal(expected, phaseAt(order, point).metrics["attack_success_rate"]);
  const digits = String(Number(expected.toPrecision(4)));
  await page.locator(".cell-panel table").getByText(digits).first().waitFor();
  assert.match(await page.locator(".cell-value b").innerText(), new RegExp(`^${digits.slice(0, 5)}`));
});

/** What a person sees of a map, as the browser's own objects say it. */
const READ_VIEW = `({
  selects: [...document.querySelectorAll("select")].map((one) => one.value),
  inputs: [...document.querySelectorAll("input")].map((one) => one.value + one.checked),
  cell: document.querySelector(".cell-value").textContent,
  picture: document.querySelector("canvas").toDataURL(),
  contours: [...document.querySelectorAll(".phase-map .contour")].map((one) => one.getAttribute("d")),
})`;
const ViewShown = z.object({
  selects: z.array(z.string()), inputs: z.array(z.string()), cell: z.string(), picture: z.string(),
  contours: z.array(z.string()),
});

inBrowser("a link restores the exact view", "#/study/done/map?x=poison_count&y=ridge&m=delta_f&over=replicate&r=median&at=length_scale:4&c=3,2&t=0.4&law=delta_f_law&scale=viridis&w=1,12,0,8", async (page, bench) => {
  await page.locator(".cell-panel table").waitFor();
  await page.locator(".phase-map .contour.law").waitFor({ state: "attached" });
  const first = ViewShown.parse(await page.evaluate(READ_VIEW));
  const again = await bench.open(page.url().slice(bench.base.length));
  await again.locator(".cell-panel table").waitFor();
  await again.locator(".phase-map .contour.law").waitFor({ state: "attached" });
  assert.deepEqual(ViewShown.parse(await again.evaluate(READ_VIEW)), first);
  assert.ok(first.selects.includes("delta_f") && first.selects.includes("median") && first.selects.includes("viridis"));
  await again.close();
});

/** The grid's indices of a study along poison_count and length_scale, other axes at their defaults. */
function successAt(of: StudyOrder, count: number, scale: number): number {
  const { sizes } = of.plan;
  const names = axesOf(of.spec).map(({ name }) => name);
  const indices = names.map((name, axis) =>
    (name === "poison_count" ? count : name === "length_scale" ? scale : name === "replicate" ? 0 : (sizes[axis] ?? 1) >> 1));
  return phaseAt(of, pointOf(indices, sizes)).metrics["attack_success_rate"] ?? Number.NaN;
}

inBrowser("two studies of different grids are compared at the same values", "#/study/done/compare?with=coarse&x=poison_count&y=length_scale&c=7,6", async (page) => {
  const valuesOf = (of: StudyOrder, name: string) => axesOf(of.spec).find((axis) => axis.name === name)?.values ?? [];
  const nearest = (name: string, index: number, scaled: (value: number) => number): number => {
    const away = valuesOf(coarse, name).map((value) => Math.abs(scaled(value) - scaled(valuesOf(order, name)[index] ?? 0)));
    return away.indexOf(Math.min(...away));
  };
  const [count, scale] = [nearest("poison_count", 7, Number), nearest("length_scale", 6, Math.log)];
  // The ridge of the left map, at its middle, is not the right grid's middle.
  const ridge = nearest("ridge", 5, Math.log);
  const { sizes } = coarse.plan;
  const point = pointOf([scale, ridge, count], sizes);
  const read = page.locator(".compare-value b");
  await read.nth(1).waitFor();
  const shownAs = (value: number): string => String(Number(value.toPrecision(4)));
  assert.equal(await read.nth(0).innerText(), shownAs(successAt(order, 7, 6)));
  assert.equal(await read.nth(1).innerText(), shownAs(phaseAt(coarse, point).metrics["attack_success_rate"] ?? Number.NaN));
  // Moved on the right map, the crosshair of both moves.
  const [before] = await read.allInnerTexts();
  await page.getByRole("application").nth(1).press("ArrowLeft");
  await page.waitForURL((url) => !url.hash.includes("c=7%2C6"));
  await page.getByText(`poison count ${shownAs(valuesOf(coarse, "poison_count")[count - 1] ?? Number.NaN)}, `).nth(1).waitFor();
  assert.notEqual((await read.allInnerTexts())[0], before);
});

inBrowser("the picture is saved as SVG, PNG and CSV that hold its cells", "#/study/done/map?x=poison_count&y=length_scale&t=0.5&law=clean_accuracy", async (page) => {
  await page.locator(".phase-map .contour.measured").waitFor({ state: "attached" });
  const saved = async (name: string): Promise<Buffer> => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
    return readFileSync(await download.path());
  };
  const svg = String(await saved("SVG"));
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  const isWhole = await page.evaluate(`new DOMParser().parseFromString(${JSON.stringify(svg)}, "image/svg+xml").querySelector("parsererror") === null`);
  assert.equal(isWhole, true);
  assert.ok(svg.includes("attack success rate = 0.5") && svg.includes("length scale (log)"));
  const png = await saved("PNG");
  assert.deepEqual([png.toString("latin1", 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)], ["PNG", 1440, 1300]);
  const [head, ...lines] = String(await saved("CSV")).trim().split("\r\n");
  assert.equal(head, "poison_count,length_scale,attack_success_rate,mark");
  assert.equal(lines.length, 15 * 12);
  for (const [cell, line] of lines.entries()) {
    const [count, , value = "", mark] = line.split(",");
    assert.equal(Number(count), cell % 15);
    if (mark === "value") assert.equal(Number(value), Math.fround(successAt(order, cell % 15, Math.floor(cell / 15))));
  }
});

inBrowser("dragging zooms, and the whole map comes back", "#/study/done/map?x=poison_count&y=length_scale", async (page) => {
  const box = await page.locator(".phase-map .hit").boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.7, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Show the whole map" }).click();
  await page.getByText("15 × 12 cells").waitFor();
});

inBrowser("a dead job shows its reason, and a retry brings it back", "#/study/broken/jobs", async (page, bench) => {
  await page.getByText("needs 9 GB, 8 GB are left").first().waitFor();
  await page.getByRole("button", { name: `Retry job ${DEAD}` }).click();
  await page.getByRole("button", { name: `Retry job ${DEAD}` }).waitFor({ state: "detached" });
  const [job] = await bench.parts.store.jobs(broken.key, { from: DEAD, limit: 1 });
  assert.equal(job?.state, "planned");
});

inBrowser("a query runs, a wrong one is placed, and a writing one is refused", "#/sql", async (page, bench) => {
  const editor = page.getByLabel("Query", { exact: true });
  const run = page.getByRole("button", { name: "Run" });
  await editor.fill("select name, points from study order by name");
  await run.click();
  await page.getByRole("cell", { name: "doomed" }).waitFor();
  await editor.fill("select nme\nfrom study");
  await run.click();
  await page.getByText("line 1, column 8").first().waitFor();
  await editor.fill("delete from study");
  await run.click();
  await page.getByText("read-only here").waitFor();
  assert.equal((await bench.parts.store.studies()).length, 5);
}, /422/);

inBrowser("unknown names are met with the nearest ones, in the page", "#/study/dnoe", async (page, bench) => {
  await page.getByText("did you mean done?").waitFor();
  await page.goto(`${bench.base}#/study/done/map?m=delta_g`);
  await page.getByText("did you mean delta_f?").waitFor();
}, /404|422/);

inBrowser("a study that is deleted while watched says so", "#/study/doomed/map", async (page, bench) => {
  await page.locator(".badge.finished").waitFor();
  await bench.parts.store.sql("delete from krr_result where study = (select id from study where name = 'doomed')", { write: true });
  await bench.parts.store.sql("delete from study where name = 'doomed'", { write: true });
  await page.getByText("This study was deleted while you watched").waitFor();
}, /404/);

inBrowser("a restarted server is noticed, and what failed meanwhile is asked again", "#/studies", async (page, bench) => {
  await page.getByRole("link", { name: "done" }).waitFor();
  await bench.restart(async () => {
    await page.getByText("The server does not answer. What you see is what it said last").waitFor();
    await page.getByRole("link", { name: "done" }).click();
    await page.getByText("is it still running?").first().waitFor();
  });
  await page.getByText("The server was restarted").waitFor();
  await page.getByText("15 × 12 cells").waitFor();
}, /ERR_|Failed to load|network/i);

inBrowser("the squares of the coverage are opened with the keyboard", "#/study/broken/jobs", async (page) => {
  const map = page.getByRole("application", { name: /coverage of/ });
  await map.focus();
  await map.press("ArrowRight");
  await map.press("ArrowRight");
  await page.getByRole("paragraph").getByText("job 2: done").waitFor();
  await map.press("Enter");
  await page.getByRole("heading", { name: "Job 2" }).waitFor();
});

inBrowser("stretches of parallel coordinates are kept, extended and let go with the keyboard", "#/study/done/parallel", async (page) => {
  const column = page.getByRole("slider", { name: "ridge" });
  await column.waitFor();
  /** The points in sight are the valid ones whose ridge is in a range of indices. */
  const keeps = async (from: number, to: number): Promise<void> => {
    const valid = Array.from({ length: order.plan.points }, (_, point) => point).filter((point) => {
      const ridge = Math.floor(point / 15) % 10;
      return ridge >= from && ridge <= to && phaseAt(order, point).status === 0;
    });
    await page.getByText(`${valid.length.toLocaleString("en-GB")} points.`).waitFor();
  };
  await keeps(0, 9);
  await column.focus();
  await column.press("ArrowUp");
  await column.press("Enter");
  await keeps(1, 1);
  await column.press("ArrowUp");
  await column.press("Shift+Enter");
  await keeps(1, 2);
  await column.press("Escape");
  await keeps(0, 9);
});

/** What differs between databases is shown on both; the page alone, on the embedded one. */
const ON_BOTH = /watched until|read with the keyboard|retry brings it back|query runs|deleted while watched/;

for (const name of ["pglite", "postgres"] as const) {
  const skip = skipWithoutChromium === false && name === "postgres" ? skipWithoutPostgres : skipWithoutChromium;
  let server: TestPostgres | undefined;
  let bench: BrowserBench | undefined;
  before(async () => {
    if (skip !== false) return;
    if (name === "postgres") server = await startPostgres();
    bench = await browserBench(prepare, server?.url);
  });
  after(async () => {
    await bench?.close();
    server?.remove();
  });
  for (const { title, fragment, body, allowed } of scenes) {
    if (name === "postgres" && !ON_BOTH.test(title)) continue;
    test(`${name}: ${title}`, { skip, timeout: 60_000 }, async () => {
      assert.ok(bench !== undefined, "the browser did not start");
      bench.trouble.length = 0;
      const page = await bench.open(fragment);
      try {
        await body(page, bench);
      } finally {
        await page.close();
      }
      assert.deepEqual(bench.trouble.filter((line) => !allowed.test(line)), []);
    });
  }
}
