import assert from "node:assert/strict";
import test from "node:test";
import type { ClusterEvent } from "../../coordinator/cluster-events.ts";
import { Readiness } from "../../coordinator/readiness.ts";

const databaseAway: ClusterEvent = { kind: "database away", why: "refused" };
const brokerAway: ClusterEvent = { kind: "queue", event: { kind: "disconnected", server: "nats://here" } };
const brokerBack: ClusterEvent = { kind: "queue", event: { kind: "reconnected", server: "nats://here" } };

function after(...events: readonly ClusterEvent[]): string | null {
  const readiness = new Readiness();
  for (const event of events) readiness.hear(event);
  return readiness.why;
}

test("a coordinator is ready once it leads or waits to, not before", () => {
  assert.equal(after(), "starting");
  assert.equal(after(brokerAway, brokerBack), "starting");
  assert.equal(after({ kind: "standby" }), null);
  assert.equal(after({ kind: "leading" }), null);
});

test("of two that are away, the one that came back does not speak for the other", () => {
  const both = [{ kind: "leading" }, databaseAway, brokerAway] as const;
  assert.match(after(...both) ?? "", /database.*broker/);
  assert.match(after(...both, { kind: "database back" }) ?? "", /^the broker is away$/);
  assert.match(after(...both, brokerBack) ?? "", /^the database is away$/);
  assert.equal(after(...both, brokerBack, { kind: "database back" }), null);
});
