// Who leads a database, and who may run a study of it alone, on a real Postgres server.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { claimStudy, lead } from "../../coordinator/leader.ts";
import { realClock } from "../../queue/clock.ts";
import { noopOrder } from "../support/orders.ts";
import { skipWithoutPostgres, startPostgres, type TestPostgres } from "../support/postgres.ts";

let server: TestPostgres;
before(async () => {
  if (skipWithoutPostgres === false) server = await startPostgres();
});
after(() => server?.remove());

const [one, other] = [1, 2].map((seed) => noopOrder({ points: 1, perJob: 1, seed }).key);
const never = new AbortController().signal;
const options = (onWait: () => void = () => assert.fail("waits"), stop = never) =>
  ({ clock: realClock, stop, onWait, onAway: (why: string) => assert.fail(why) });

test("the second coordinator waits, and leads once the first lets go", { skip: skipWithoutPostgres }, async () => {
  const first = await lead(server.url, options());
  assert.ok(first);
  let isWaiting = (): void => {};
  const waits = new Promise<void>((resolve) => (isWaiting = resolve));
  const second = lead(server.url, options(isWaiting));
  await waits;
  await first.release();
  const leadership = await second;
  assert.equal(leadership?.lost.aborted, false);
  await leadership?.release();
});

test("whoever waits to lead can be stopped", { skip: skipWithoutPostgres }, async () => {
  const first = await lead(server.url, options());
  const stop = new AbortController();
  assert.equal(await lead(server.url, options(() => stop.abort(), stop.signal)), null);
  await first?.release();
});

test("a study is run by one process at a time, beside others of other studies", { skip: skipWithoutPostgres }, async () => {
  assert.ok(one !== undefined && other !== undefined);
  const release = await claimStudy(server.url, one, "nearclone");
  const releaseOther = await claimStudy(server.url, other, "nearclone");
  await assert.rejects(claimStudy(server.url, one, "nearclone"), /another nearclone run computes this study/);
  await release();
  await (await claimStudy(server.url, one, "nearclone"))();
  await releaseOther();
});

test("nobody runs a study alone where a coordinator leads, and it waits for those who do", { skip: skipWithoutPostgres }, async () => {
  assert.ok(one !== undefined);
  const leadership = await lead(server.url, options());
  await assert.rejects(claimStudy(server.url, one, "nearclone"), /nearclone submit gives it this one/);
  await leadership?.release();
  const release = await claimStudy(server.url, one, "nearclone");
  let isWaiting = (): void => {};
  const waits = new Promise<void>((resolve) => (isWaiting = resolve));
  const second = lead(server.url, options(isWaiting));
  await waits;
  await release();
  await (await second)?.release();
});
