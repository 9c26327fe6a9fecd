// Two coordinators on one database: one leads, the other waits, and takes over whatever ends the first.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { type Cluster, skipWithoutCluster, startCluster } from "../support/cluster.ts";

const options = { skip: skipWithoutCluster };
let cluster: Cluster;
before(async () => {
  if (skipWithoutCluster === false) cluster = await startCluster();
});
after(async () => {
  if (skipWithoutCluster === false) await cluster.close();
});

test("a coordinator that is killed, or hangs, gives way to one that waits", options, async () => {
  const first = cluster.coordinator();
  await first.says(/"leading"/);
  const second = cluster.coordinator();
  await second.says(/"standby/);
  first.signal("SIGKILL");
  await second.says(/"leading"/);
  const third = cluster.coordinator();
  await third.says(/"standby/);
  second.signal("SIGSTOP");
  await third.says(/"leading"/);
  second.signal("SIGCONT");
  await second.says(/"lead lost"/);
  await cluster.worker("one");
  await cluster.write("tiny.yaml", "name: tiny\nexperiment: noop\naxes: { replicate: [0, 1, 2, 3], x: [1, 2] }\n");
  assert.equal((await cluster.command("submit", "tiny.yaml")).code, 0);
  await third.says(/"name":"tiny","msg":"study complete"/);
  assert.doesNotMatch(second.stderr(), /"name":"tiny"/);
  const { stored } = await cluster.store.progress((await cluster.study("tiny")).order.key);
  assert.equal(stored, 8);
});
