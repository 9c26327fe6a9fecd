// A process of its own that stores a study in a folder, for tests that kill it: prints `open`,
// then `committed N` with the jobs done so far, after each commit.
import { writeSync } from "node:fs";
import { openStore } from "../../coordinator/store/open.ts";
import { identityOf } from "../../schema/identity.ts";
import { noopOrder } from "./orders.ts";
import { attemptOf, reportOf } from "./reports.ts";

const [folder, points, perJob, seed] = process.argv.slice(2);
if (folder === undefined) throw new Error("expected a folder");
const order = noopOrder({
  points: Number(points),
  perJob: Number(perJob),
  seed: Number(seed),
  name: "killed",
});

const store = await openStore(folder);
// A pipe is written to at once, so that a line cannot outlive what it tells of.
writeSync(1, "open\n");
await store.ensureStudy(order, identityOf(order.spec, null));
await store.resetQueued(order.key);
let done = (await store.progress(order.key)).jobs.done;
for (;;) {
  const jobs = await store.takePlanned(order.key, 5);
  if (jobs.length === 0) break;
  const outcome = { kind: "done", points: Number(perJob) } as const;
  await store.commit(
    jobs.map((job) => reportOf(order, job.number, { attempt: attemptOf(job, outcome) })),
  );
  done += jobs.length;
  writeSync(1, `committed ${done}\n`);
}
await store.close();
writeSync(1, "closed\n");
