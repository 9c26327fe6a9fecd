// Columns in memory: fed by commits of this process, read for those of others, within the budget.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { ColumnCache } from "../../coordinator/api/columns.ts";
import { findGrid, type StudyGrid } from "../../coordinator/api/study-grid.ts";
import type { Database } from "../../coordinator/store/database.ts";
import type { StoreParts } from "../../coordinator/store/open.ts";
import { openTestStoreParts } from "../support/database.ts";
import { storeOver } from "../../coordinator/store/store.ts";
import { identityOf } from "../../schema/identity.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { pointsOfBox } from "../../schema/grid.ts";
import { boxOfJob } from "../../schema/plan.ts";
import { phaseAt, phaseOrder, phaseReport } from "../support/phase-study.ts";

let parts: StoreParts | undefined;
before(async () => {
  parts = await openTestStoreParts();
});
after(() => parts?.store.close());

const SCAN_MS = 100;

/** A database that counts the scans of its result tables, each of which takes SCAN_MS of the clock. */
function counting(database: Database, clock: { ms: number }): { database: Database; scans: () => number } {
  let scans = 0;
  const counted: Database = {
    ...database,
    copyOut: (query) => {
      scans++;
      clock.ms += SCAN_MS;
      return database.copyOut(query);
    },
  };
  return { database: counted, scans: () => scans };
}

async function bench(size: { name: string; lengthScales: number; jobPoints: number }, budgetBytes = 2 ** 20) {
  if (parts === undefined) throw new Error("the store did not open");
  const order = phaseOrder({ ...size, ridges: 4, counts: 5, replicates: 1 });
  // A store of its own, so that only what this test commits is heard.
  const store = storeOver(parts.database);
  await store.ensureStudy(order, identityOf(order.spec, order.data));
  const clock = { ms: 0 };
  const { database, scans } = counting(parts.database, clock);
  const cache = new ColumnCache(database, { budgetBytes, now: () => clock.ms });
  store.onCommit((reports, committed) => cache.hear(reports, committed));
  return { order, store, other: storeOver(parts.database), grid: await findGrid(store, database, order.key), cache, scans, clock };
}

/** Checks a column against the made-up law, at the points of `jobs`; elsewhere nothing may stand. */
async function check(cache: ColumnCache, grid: StudyGrid, order: StudyOrder, jobs: readonly number[]): Promise<void> {
  const { status, columns } = await cache.get(grid, ["delta_f"]);
  const stored = new Set(jobs.flatMap((job) => [...pointsOfBox(boxOfJob(order.plan, job), order.plan.sizes)]));
  for (let point = 0; point < order.plan.points; point++) {
    const law = phaseAt(order, point);
    const expected = stored.has(point) ? (law.metrics["delta_f"] ?? Number.NaN) : Number.NaN;
    assert.ok(Object.is(columns[0]?.[point], expected), `point ${point}: ${columns[0]?.[point]} instead of ${expected}`);
    assert.equal(status[point], stored.has(point) ? 1 + law.status : 0, `status of point ${point}`);
  }
}

test("what this process commits is in the columns without being read, and is one step of the version", async () => {
  const { order, store, grid, cache, scans, clock } = await bench({ name: "own", lengthScales: 6, jobPoints: 20 });
  await store.commit([phaseReport(order, 0)]);
  await check(cache, grid, order, [0]);
  const before = { scans: scans(), version: await cache.version(grid) };
  await store.commit([phaseReport(order, 1), phaseReport(order, 4)]);
  await check(cache, grid, order, [0, 1, 4]);
  assert.notEqual(await cache.version(grid), before.version);
  // Nor once the feed has seen their attempts.
  clock.ms += 60_000;
  await check(cache, grid, order, [0, 1, 4]);
  assert.equal(scans(), before.scans);
});

test("a job that comes in parts is drawn part by part", async () => {
  const { order, store, grid, cache, scans } = await bench({ name: "parts", lengthScales: 2, jobPoints: 40 });
  await check(cache, grid, order, []);
  const filled = scans();
  const whole = phaseReport(order, 0);
  const { block } = whole;
  assert.ok(block !== null);
  const cut = (from: number, to: number) => ({
    status: block.status.slice(from, to),
    metrics: Object.fromEntries(Object.entries(block.metrics).map(([name, column]) => [name, column.slice(from, to)])),
  });
  await store.commit([{ ...whole, block: cut(0, 15), attempt: null }]);
  const { columns } = await cache.get(grid, ["delta_f"]);
  assert.equal(columns[0]?.filter((value) => !Number.isNaN(value)).length, 15);
  await store.commit([{ ...whole, offset: 15, block: cut(15, block.status.length) }]);
  await check(cache, grid, order, [0]);
  assert.equal(scans(), filled);
});

test("what another process commits is read, its jobs' points and no others", async () => {
  const { order, store, other, grid, cache, scans, clock } = await bench({ name: "theirs", lengthScales: 6, jobPoints: 20 });
  await store.commit([phaseReport(order, 0)]);
  await check(cache, grid, order, [0]);
  const filled = scans();
  await other.commit([phaseReport(order, 2)]);
  clock.ms += 60_000;
  await check(cache, grid, order, [0, 2]);
  assert.equal(scans(), filled + 1);
});

test("reading what others commit keeps the database busy for a tenth of the time at most", async () => {
  const { order, other, grid, cache, clock } = await bench({ name: "tenth", lengthScales: 7, jobPoints: 20 });
  await check(cache, grid, order, []);
  await other.commit([phaseReport(order, 0)]);
  clock.ms += 60_000;
  await check(cache, grid, order, [0]);
  await other.commit([phaseReport(order, 1)]);
  clock.ms += 9 * SCAN_MS - 1;
  await check(cache, grid, order, [0]);
  clock.ms += 1;
  await check(cache, grid, order, [0, 1]);
});

test("of a row that comes again with other numbers the stored ones are shown", async () => {
  const { order, store, other, grid, cache, clock } = await bench({ name: "again", lengthScales: 6, jobPoints: 20 });
  await check(cache, grid, order, []);
  await other.commit([phaseReport(order, 3)]);
  const wrong = phaseReport(order, 3);
  wrong.block?.metrics["delta_f"]?.fill(-1);
  assert.ok((await store.commit([wrong])).conflicts > 0);
  clock.ms += 60_000;
  await check(cache, grid, order, [3]);
});

test("rows committed while a column is being read are in it", async () => {
  const { order, store, grid, cache } = await bench({ name: "meanwhile", lengthScales: 6, jobPoints: 20 });
  const reading = check(cache, grid, order, [0, 1]);
  await store.commit([phaseReport(order, 0), phaseReport(order, 1)]);
  await reading;
});

test("memory stays within the budget, and what was dropped is read again", async () => {
  // 120 points: a column is 960 bytes, states 120; two columns fit, three do not.
  const { order, store, grid, cache, scans } = await bench({ name: "within-budget", lengthScales: 6, jobPoints: 20 }, 2_100);
  await store.commit([phaseReport(order, 0)]);
  for (const names of [["delta_f"], ["gamma"], ["clean_accuracy"], ["delta_f", "gamma"]]) {
    await cache.get(grid, names);
    assert.ok(cache.bytes <= 2_100, `${cache.bytes} bytes after ${names.join()}`);
  }
  const before = scans();
  await check(cache, grid, order, [0]);
  assert.equal(scans(), before, "the columns used last are still there");
  const another = await bench({ name: "another-one", lengthScales: 6, jobPoints: 20 }, 2_100);
  await cache.get(another.grid, ["delta_f"]);
  assert.ok(cache.bytes <= 2_100);
  await check(cache, grid, order, [0]);
  await assert.rejects(cache.get(grid, ["delta_f", "gamma", "clean_accuracy"]), /over the dashboard/);
});
