// The server's guards: hosts, origins, content types, sizes, rates, binding, and silent errors.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { makeApp } from "../../coordinator/api/app.ts";
import { startDashboard } from "../../coordinator/api/server.ts";
import { openTestStoreParts } from "../support/database.ts";
import { type ApiBench, apiBench } from "../support/api-bench.ts";

let bench: ApiBench | undefined;
before(async () => {
  bench = apiBench(await openTestStoreParts());
});
after(() => bench?.parts.store.close());

const JSON_TYPE = { "content-type": "application/json" };
const sql = (headers: Record<string, string>): RequestInit =>
  ({ method: "POST", body: JSON.stringify({ query: "select 1" }), headers });

async function statusOf(path: string, init: RequestInit): Promise<number | undefined> {
  return (await bench?.request(path, init))?.status;
}

test("a loopback server answers to loopback names only, whatever a DNS server says", async () => {
  for (const host of ["localhost:4800", "127.0.0.1:4800", "[::1]:4800", "127.0.0.2"]) {
    assert.equal(await statusOf("/api/studies", { headers: { host } }), 200, host);
  }
  for (const host of ["evil.example", "localhost.evil.example:4800", "10.0.0.1", "127.0.0.1.evil.example"]) {
    assert.equal(await statusOf("/api/studies", { headers: { host } }), 421, host);
  }
});

test("a request of another site that would change or run something is refused", async () => {
  const own = { ...JSON_TYPE, origin: "http://localhost", "sec-fetch-site": "same-origin" };
  assert.equal(await statusOf("/api/sql", sql(own)), 200);
  assert.equal(await statusOf("/api/sql", sql({ ...JSON_TYPE, origin: "http://evil.example" })), 403);
  assert.equal(await statusOf("/api/sql", sql({ ...JSON_TYPE, origin: "null" })), 403);
  assert.equal(await statusOf("/api/sql", sql({ ...JSON_TYPE, "sec-fetch-site": "cross-site" })), 403);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    assert.equal(await statusOf("/api/sql", sql({ "content-type": type })), 415, type);
  }
});

test("bodies over the limit, and bodies that are not JSON, are refused", async () => {
  const large = JSON.stringify({ query: `select '${"x".repeat(400_000)}'` });
  assert.equal(await statusOf("/api/sql", { method: "POST", body: large, headers: JSON_TYPE }), 413);
  assert.equal(await statusOf("/api/sql", { method: "POST", body: "{", headers: JSON_TYPE }), 400);
});

test("every answer forbids inline scripts and styles, framing and sniffing", async () => {
  for (const path of ["/api/studies", "/nothing", "/api/studies/none"]) {
    const response = await bench?.request(path);
    const policy = response?.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(response?.headers.get("x-content-type-options"), "nosniff");
  }
});

test("an address over its rate gets 429 with a time to wait, and is let in again after it", async () => {
  assert.ok(bench !== undefined);
  const { tools, clock } = bench;
  const app = makeApp({ tools, isLoopbackOnly: true, page: null, addressOf: () => "a" });
  const login = () => app.request("http://localhost/api/session",
    { method: "POST", body: '{"token":"x"}', headers: { ...JSON_TYPE, host: "localhost" } });
  const statuses: number[] = [];
  for (let turn = 0; turn < 11; turn++) statuses.push((await login()).status);
  assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 200), 429]);
  const refused = await login();
  clock.advance(Number(refused.headers.get("retry-after")) * 1000);
  assert.equal((await login()).status, 200);
});

test("an error nobody foresaw is told to the log, and not to the client", async () => {
  assert.ok(bench !== undefined);
  const told: string[] = [];
  const secret = "postgres://user:password@db/x";
  const store = { ...bench.parts.store, studies: () => Promise.reject(new Error(secret)) };
  const app = makeApp({
    tools: { ...bench.tools, store }, isLoopbackOnly: true, page: null, onBug: (error) => told.push(String(error)),
  });
  const response = await app.request("http://localhost/api/studies", { headers: { host: "localhost" } });
  const text = await response.text();
  assert.equal(response.status, 500);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.doesNotMatch(text, /password|postgres:|\.ts|\.js| at /);
  assert.deepEqual(told, [`Error: ${secret}`]);
});

test("a database that is away is a 503", async () => {
  assert.ok(bench !== undefined);
  const away = Object.assign(new Error("connect ECONNREFUSED 10.0.0.1:5432"), { code: "ECONNREFUSED" });
  const store = { ...bench.parts.store, studies: () => Promise.reject(away) };
  const app = makeApp({ tools: { ...bench.tools, store }, isLoopbackOnly: true, page: null });
  const response = await app.request("http://localhost/api/studies", { headers: { host: "localhost" } });
  assert.equal(response.status, 503);
  assert.doesNotMatch(await response.text(), /10\.0\.0\.1/);
});

test("binding anything but loopback without a token is refused, and so is a taken port", async () => {
  assert.ok(bench !== undefined);
  const { tools } = bench;
  const options = { tools, port: 0, pageFolder: "/nowhere" };
  await assert.rejects(startDashboard({ ...options, host: "0.0.0.0" }), /give --token/);
  const first = await startDashboard({ ...options, host: "127.0.0.1" });
  await assert.rejects(startDashboard({ ...options, host: "127.0.0.1", port: first.port }), /is taken/);
  await first.close();
});
