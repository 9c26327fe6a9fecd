// Every view, at two widths, light and dark: accessible, within the screen, and photographed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test, { after, before } from "node:test";
import type { Page } from "playwright-core";
import { z } from "zod";
import type { StoreParts } from "../../coordinator/store/open.ts";
import { type BrowserBench, browserBench, skipWithoutChromium } from "../support/browser-bench.ts";
import { phaseOrder, storePhase } from "../support/phase-study.ts";
import { endOf, FAILED } from "../support/reports.ts";

const skip = skipWithoutChromium;
const order = phaseOrder({ name: "mnist-rbf", lengthScales: 24, ridges: 18, counts: 30, replicates: 3, jobPoints: 540 });

async function prepare({ store }: StoreParts): Promise<void> {
  await storePhase(store, order, (number) => number % 9 !== 4 || number > 40);
  for (const delivery of [1, 2, 3]) {
    await store.takePlanned(order.key, 2);
    await store.commit([endOf(order, 4, FAILED, delivery)]);
  }
  await store.announce([{ worker: "host-1", host: "host", version: "0.1.0", provider: "openblas", slots: 2, memoryBytes: 4e9, gpus: [], running: [{ study: order.key, number: 13 }] }]);
}

/** Each view with what shows that it is ready. */
const VIEWS = [
  ["studies", "#/studies", ".study .track"],
  ["map", "#/study/mnist-rbf/map?x=ridge&y=poison_count&at=length_scale:8,replicate:0&c=9,14&t=0.5&law=clean_accuracy", ".slices .line"],
  ["residual", "#/study/mnist-rbf/map?m=delta_f&minus=delta_f_law&x=poison_count&y=length_scale", ".colour-bar"],
  ["compare", "#/study/mnist-rbf/compare?c=4,5", ".compare section + section canvas"],
  ["front", "#/study/mnist-rbf/front", ".front-point"],
  ["parallel", "#/study/mnist-rbf/parallel", ".column"],
  ["onset", "#/study/mnist-rbf/onset?m2=clean_accuracy&t2=0.9", ".line-chart .line"],
  ["points", "#/study/mnist-rbf/points", ".rows td"],
  ["jobs", "#/study/mnist-rbf/jobs?job=4", ".bucket"],
  ["workers", "#/workers", ".rows td"],
  ["sql", "#/sql?q=select%201", ".schema summary"],
  ["unknown", "#/study/mnist-rgf", ".notice"],
] as const;

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const Violations = z.array(z.object({ id: z.string(), help: z.string(), targets: z.array(z.string()) }));

/** What axe-core finds wrong. Evaluated, not inserted: the page's policy lets no foreign script in. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const found: unknown = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, help, nodes }) => ({ id, help, targets: nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)) })))`);
  return Violations.parse(found).map(({ id, help, targets }) => `${id}: ${help}: ${targets.join(" | ")}`);
}

let started: BrowserBench | undefined;
before(async () => {
  if (skip === false) started = await browserBench(prepare);
});
after(() => started?.close());

/** All views twice, so that each width and theme is seen; the rest of the product only of some. */
const ROUNDS = [
  [1280, "light", VIEWS], [390, "dark", VIEWS],
  [1280, "dark", VIEWS.filter(([name]) => ["map", "jobs", "front"].includes(name))],
  [390, "light", VIEWS.filter(([name]) => ["studies", "map", "jobs"].includes(name))],
] as const;

test("an empty database is met with what to do next, accessibly", { skip, timeout: 60_000 }, async () => {
  const empty = await browserBench(async () => {});
  try {
    const complaints: string[] = [];
    for (const [name, fragment, ready] of [
      ["empty-studies", "#/studies", "text=nearclone run studies/quickstart.yaml --dashboard"],
      ["empty-workers", "#/workers", "text=nearclone worker --nats"],
      ["empty-sql", "#/sql", "text=To begin with"],
    ] as const) {
      const page = await empty.open(fragment);
      await page.locator(ready).waitFor();
      complaints.push(...(await violations(page)).map((line) => `${name}: ${line}`));
      await empty.shoot(page, name);
      await page.close();
    }
    assert.deepEqual([...complaints, ...empty.trouble], []);
  } finally {
    await empty.close();
  }
});

for (const [width, theme, views] of ROUNDS) {
  test(`${views.length} views are accessible and fit at ${width} pixels, ${theme}`, { skip, timeout: 90_000 }, async () => {
    assert.ok(started !== undefined);
    const page = await started.open("#/studies", { width, theme });
    const complaints: string[] = [];
    for (const [name, fragment, ready] of views) {
      await page.goto("about:blank");
      await page.goto(started.base + fragment);
      await page.locator(ready).first().waitFor({ state: "attached" });
      const overflow = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
      if (overflow > 0) complaints.push(`${name}: ${overflow} pixels wider than the screen`);
      complaints.push(...(await violations(page)).map((line) => `${name}: ${line}`));
      await started.shoot(page, `${name}-${width}-${theme}`);
    }
    await page.close();
    assert.deepEqual(complaints, []);
    assert.deepEqual(started.trouble.filter((line) => !/404/.test(line)), []);
  });
}
