import assert from "node:assert/strict";
import test from "node:test";
import { Metrics } from "../../coordinator/metrics.ts";
import { noopOrder } from "../support/orders.ts";

const order = noopOrder({ points: 10, perJob: 5 });

test("while the database is away the rest is told, and of studies what was known last", async () => {
  let away: Error | null = null;
  const metrics = new Metrics({
    agenda: async () => {
      if (away !== null) throw away;
      return [{ key: order.key, desired: "active", priority: 0, isOpen: true }];
    },
    study: async () => null,
    progress: async () => ({ points: 10, stored: 4, jobs: { planned: 1, queued: 1, done: 0, dead: 0 } }),
  });
  metrics.hear({ kind: "leading" });
  const tells = async (): Promise<void> => {
    const text = await metrics.text();
    assert.match(text, /^nearclone_leader 1$/m);
    assert.match(text, /^nearclone_study_points\{study="st_\w+",state="missing"\} 6$/m);
  };
  await tells();
  away = new Error("Connection terminated unexpectedly");
  metrics.hear({ kind: "database away", why: away.message });
  await tells();
  assert.match(await metrics.text(), /^nearclone_events_total\{kind="database away"\} 1$/m);
  away = new Error("a bug");
  await assert.rejects(metrics.text(), /a bug/);
});
