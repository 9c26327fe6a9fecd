// `nearclone serve` and `run --dashboard` from the command line, and what a far client gets.
import assert from "node:assert/strict";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import { makeApp } from "../../coordinator/api/app.ts";
import { openTestStoreParts } from "../support/database.ts";
import { apiBench } from "../support/api-bench.ts";
import { fakeShell, shellWithDatabase } from "../support/fake-context.ts";
import { phaseOrder, storePhase } from "../support/phase-study.ts";

test("serve says where it is and stops at Ctrl-C", async () => {
  const shell = await shellWithDatabase();
  try {
    shell.interruptAt(/dashboard {2}http:\/\/127\.0\.0\.1:\d+\/\n/);
    const { code, stderr } = await shell.run("serve", "--port", "0");
    assert.equal(code, 0, stderr);
  } finally {
    await shell.remove();
  }
});

test("a token does not get into a log", async () => {
  const shell = await shellWithDatabase({ NEARCLONE_TOKEN: "secret word" });
  try {
    shell.interruptAt(/dashboard {2}/);
    const { stderr } = await shell.run("serve", "--port", "0");
    assert.match(stderr, /^dashboard {2}http:\/\/127\.0\.0\.1:\d+\/\n/);
    assert.doesNotMatch(stderr, /secret/);
  } finally {
    await shell.remove();
  }
});

test("serve on any other address asks for a token, in one line", async () => {
  const shell = await fakeShell();
  try {
    const { code, stderr } = await shell.run("serve", "--port", "0", "--host", "0.0.0.0");
    assert.equal(code, 2);
    assert.match(stderr, /^dashboard on 0\.0\.0\.0: .*--token.*\n$/);
  } finally {
    await shell.remove();
  }
});

test("run --dashboard serves while it runs and ends with the run", async () => {
  const shell = await shellWithDatabase();
  try {
    await shell.write("noop.yaml", "name: noop\nexperiment: noop\naxes:\n  x: { linear: [0, 99], steps: 100 }\n");
    const { code, stderr } = await shell.run("run", "noop.yaml", "--dashboard", "0", "--threads", "1");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /dashboard {2}http:\/\/127\.0\.0\.1:\d+\//);
  } finally {
    await shell.remove();
  }
});

test("a far client gets large answers packed, a near one as they are", async () => {
  const parts = await openTestStoreParts();
  const order = phaseOrder({ name: "phase", lengthScales: 20, ridges: 20, counts: 3, replicates: 1 });
  await storePhase(parts.store, order);
  const { tools } = apiBench(parts);
  const path = "http://localhost/api/studies/phase/heatmap?x=ridge&y=length_scale";
  const headers = { host: "localhost", "accept-encoding": "gzip, br" };
  const from = (address: string) =>
    makeApp({ tools, isLoopbackOnly: true, page: null, addressOf: () => address }).request(path, { headers });
  const [near, far] = [await from("127.0.0.1"), await from("192.0.2.7")];
  assert.equal(near.headers.get("content-encoding"), null);
  assert.equal(far.headers.get("content-encoding"), "gzip");
  assert.deepEqual(gunzipSync(Buffer.from(await far.arrayBuffer())), Buffer.from(await near.arrayBuffer()));
  await parts.store.close();
});
