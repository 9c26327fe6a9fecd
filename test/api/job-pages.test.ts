// Pages of jobs: those asked for together are read by one query, and each is what the table holds.
import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { type JobPage, JobPages } from "../../coordinator/api/job-pages.ts";
import type { StoreParts } from "../../coordinator/store/open.ts";
import { Jobs } from "../../schema/api.ts";
import { JOB_STATES } from "../../schema/state.ts";
import { onBothStores } from "../support/api-bench.ts";
import { phaseOrder, storePhase } from "../support/phase-study.ts";
import { endOf, FAILED } from "../support/reports.ts";

const order = phaseOrder({ name: "phase", lengthScales: 5, ridges: 4, counts: 6, replicates: 2, jobPoints: 6 });
const other = phaseOrder({ name: "other", lengthScales: 3, ridges: 2, counts: 4, replicates: 1, jobPoints: 4 });

async function prepare({ store }: StoreParts): Promise<void> {
  await storePhase(store, other);
  await storePhase(store, order, (number) => number % 7 !== 3);
  for (const delivery of [1, 2, 3]) {
    await store.takePlanned(order.key, 3);
    await store.commit([endOf(order, 3, FAILED, delivery)]);
  }
}

onBothStores((name, bench, skip) => {
  /** The database, counting what it is asked. */
  const counting = () => {
    const { database } = bench().parts;
    const asked = { count: 0, isAway: false };
    const session: typeof database = {
      ...database,
      copyOut: async (query) => {
        asked.count++;
        if (asked.isAway) throw new Error("away");
        return database.copyOut(query);
      },
    };
    return { asked, pages: new JobPages(session) };
  };

  test(`${name}: pages asked for together cost one query and are what the table holds`, { skip }, async () => {
    const { store, database } = bench().parts;
    const ids = await database.query("select id from study where key = any($1::text[]) order by name desc",
      [`{${order.key},${other.key}}`]);
    const [id = 0, otherId = 0] = ids.rows.map(([one]) => Number(one));
    const { asked, pages } = counting();
    const wanted: JobPage[] = [
      ...[0, 3, 4, 31, 39, 90].map((from) => ({ study: id, state: undefined, from, limit: 5 })),
      ...JOB_STATES.map((state) => ({ study: id, state, from: 2, limit: 4 })),
      { study: otherId, state: undefined, from: 1, limit: 3 },
    ];
    const read = await Promise.all(wanted.map((page) => pages.read(page)));
    assert.equal(asked.count, 1);
    for (const [place, { study, state, from, limit }] of wanted.entries()) {
      const key = study === id ? order.key : other.key;
      const listed = await store.jobs(key, { from, limit, ...(state === undefined ? {} : { state }) });
      assert.deepEqual(read[place], listed.map(({ notBefore: _notBefore, ...job }) => job), JSON.stringify(wanted[place]));
    }
    assert.ok(read.flat().some(({ state, lastError }) => state === "dead" && lastError?.code === "out_of_memory"));
  });

  test(`${name}: a database that is away fails those who waited, and the next page is read`, { skip }, async () => {
    const { asked, pages } = counting();
    asked.isAway = true;
    const page: JobPage = { study: 1, state: undefined, from: 0, limit: 2 };
    const both = await Promise.allSettled([pages.read(page), pages.read({ ...page, from: 2 })]);
    assert.deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
    asked.isAway = false;
    assert.equal((await pages.read(page)).length, 2);
  });

  test(`${name}: what another process changes stands on the next page`, { skip }, async () => {
    const attemptsOf = z.object({ jobs: z.array(z.object({ number: z.int(), attempts: z.int() })) });
    const page = async () => attemptsOf.parse(await bench().json("/api/studies/other/jobs?limit=2")).jobs[1];
    assert.deepEqual(await page(), { number: 1, attempts: 0 });
    // Past the store, as a coordinator elsewhere would.
    await bench().parts.database.query(
      "update job set attempts = 2 where number = 1 and study = (select id from study where name = 'other')");
    assert.deepEqual(await page(), { number: 1, attempts: 2 });
  });

  test(`${name}: pages followed by their next visit every job once`, { skip }, async () => {
    const seen: number[] = [];
    for (let after: number | null = -9; after !== null;) {
      const { jobs, next }: z.infer<typeof Jobs> =
        Jobs.parse(await bench().json(`/api/studies/phase/jobs?limit=7&after=${after}`));
      seen.push(...jobs.map(({ number }) => number));
      after = next;
    }
    assert.deepEqual(seen, Array.from({ length: order.plan.jobs }, (_, number) => number));
  });
}, prepare);
