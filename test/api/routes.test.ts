// Every route: who may use it, that its answer keeps to its schema, and that it is described.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { z } from "zod";
import { ROUTES } from "../../coordinator/api/routes.ts";
import type { StoreParts } from "../../coordinator/store/open.ts";
import { openTestStoreParts } from "../support/database.ts";
import { sessionProof } from "../../coordinator/api/guard.ts";
import { type ApiBench, apiBench, onBothStores } from "../support/api-bench.ts";
import { phaseOrder, storePhase } from "../support/phase-study.ts";
import { endOf, FAILED } from "../support/reports.ts";

const order = phaseOrder({ name: "phase", lengthScales: 4, ridges: 3, counts: 5, replicates: 2, jobPoints: 5 });
const DEAD = 2;

async function prepare({ store }: StoreParts): Promise<void> {
  await storePhase(store, order, (number) => number !== DEAD && number !== 9);
  for (const delivery of [1, 2, 3]) {
    await store.takePlanned(order.key, 3);
    await store.commit([endOf(order, DEAD, FAILED, delivery)]);
  }
  await store.announce([{ worker: "w-1", host: "h", version: "0", provider: "portable", slots: 2, memoryBytes: 4e9, gpus: [], running: [] }]);
}

/** One line per route: who may use it, a request that it answers with 200, and its body. */
const TABLE: Readonly<Record<string, { access: "public" | "read" | "write"; path: string; body?: object }>> = {
  "get /session": { access: "public", path: "/session" },
  "post /session": { access: "public", path: "/session", body: { token: "secret" } },
  "delete /session": { access: "public", path: "/session", body: {} },
  "get /openapi.json": { access: "public", path: "/openapi.json" },
  "get /studies": { access: "read", path: "/studies" },
  "get /studies/:study": { access: "read", path: "/studies/phase" },
  "get /studies/:study/progress": { access: "read", path: "/studies/phase/progress" },
  "post /studies/:study/control": { access: "write", path: "/studies/phase/control", body: { action: "pause" } },
  "get /events": { access: "read", path: "/events" },
  "get /studies/:study/heatmap": { access: "read", path: "/studies/phase/heatmap" },
  "get /studies/:study/lines": { access: "read", path: "/studies/phase/lines?axis=ridge&metrics=delta_f,gamma&over=replicate" },
  "get /studies/:study/cell": { access: "read", path: "/studies/phase/cell?x=ridge&y=poison_count&xi=1&yi=2&over=replicate" },
  "get /studies/:study/pareto": { access: "read", path: "/studies/phase/pareto?a=attack_success_rate:min&b=clean_accuracy:max" },
  "get /studies/:study/parallel": { access: "read", path: "/studies/phase/parallel?columns=ridge,poison_count,gamma&colour=delta_f" },
  "get /studies/:study/onset": { access: "read", path: "/studies/phase/onset?along=poison_count&by=ridge&metric=attack_success_rate&threshold=0.5" },
  "get /studies/:study/points": { access: "read", path: "/studies/phase/points" },
  "get /studies/:study/jobs": { access: "read", path: "/studies/phase/jobs" },
  "get /studies/:study/jobs/:job": { access: "read", path: "/studies/phase/jobs/2" },
  "get /studies/:study/attempts": { access: "read", path: "/studies/phase/attempts" },
  "get /studies/:study/coverage": { access: "read", path: "/studies/phase/coverage" },
  "get /studies/:study/failures": { access: "read", path: "/studies/phase/failures" },
  "get /studies/:study/timeline": { access: "read", path: "/studies/phase/timeline" },
  "get /workers": { access: "read", path: "/workers" },
  "get /schema": { access: "read", path: "/schema" },
  "post /sql": { access: "read", path: "/sql", body: { query: "select 1 as one" } },
};

function initOf(route: { method: string }, body: object | undefined, headers: Record<string, string> = {}): RequestInit {
  if (body === undefined) return { method: route.method.toUpperCase(), headers };
  return {
    method: route.method.toUpperCase(),
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  };
}

test("every route has a line in the table of accesses, and every line a route", () => {
  const routes = ROUTES.map(({ method, path, access }) => `${method} ${path}: ${access}`).sort();
  const lines = Object.entries(TABLE).map(([name, { access }]) => `${name}: ${access}`).sort();
  assert.deepEqual(routes, lines);
});

let closed: ApiBench | undefined;
before(async () => {
  const parts = await openTestStoreParts();
  await prepare(parts);
  closed = apiBench(parts, "secret");
});
after(() => closed?.parts.store.close());

for (const route of ROUTES) {
  const name = `${route.method} ${route.path}`;
  const line = TABLE[name];
  if (line === undefined) continue;
  test(`${name} asks for the token exactly if it is not public`, async () => {
    assert.ok(closed !== undefined);
    const ask = async (headers: Record<string, string>): Promise<number> => {
      const response = await closed?.request(`/api${line.path}`, initOf(route, line.body, headers));
      await response?.body?.cancel();
      return response?.status ?? 0;
    };
    const denied = line.access === "public" ? 200 : 401;
    assert.equal(await ask({}), denied, "without a token");
    assert.equal(await ask({ authorization: "Bearer wrong" }), denied, "with a wrong one");
    assert.equal(await ask({ cookie: "nearclone_session=secret" }), denied, "with the token itself as cookie");
    assert.equal(await ask({ authorization: "Bearer secret" }), 200, "with the token");
    assert.equal(await ask({ cookie: `nearclone_session=${sessionProof("secret")}` }), 200, "with the cookie");
  });
}

onBothStores((name, bench, skip) => {
  for (const route of ROUTES) {
    const words = `${route.method} ${route.path}`;
    const line = TABLE[words];
    if (line === undefined || typeof route.answer === "string") continue;
    const { answer } = route;
    test(`${name}: ${words} answers as its schema says`, { skip }, async () => {
      const response = await bench().request(`/api${line.path}`, initOf(route, line.body));
      assert.equal(response.status, 200);
      const parsed = z.safeParse(answer, await response.json());
      assert.ok(parsed.success, parsed.success ? "" : z.prettifyError(parsed.error));
    });
  }

  test(`${name}: retry revives a dead job once, and says so when nothing is dead`, { skip }, async () => {
    const retry = { action: "retry", job: DEAD };
    assert.deepEqual(await (await bench().post("/api/studies/phase/control", retry)).json(), { ok: true, jobs: 1 });
    const again = await bench().post("/api/studies/phase/control", retry);
    assert.equal(again.status, 409);
    const [job] = await bench().parts.store.jobs(order.key, { from: DEAD, limit: 1 });
    assert.equal(job?.state, "planned");
  });

  test(`${name}: pause, resume, cancel and priority reach the store`, { skip }, async () => {
    for (const [action, desired] of [["pause", "paused"], ["resume", "active"], ["cancel", "cancelled"]] as const) {
      await bench().post("/api/studies/phase/control", { action });
      assert.equal((await bench().parts.store.study("phase"))?.desired, desired);
    }
    await bench().post("/api/studies/phase/control", { action: "priority", priority: 7 });
    assert.equal((await bench().parts.store.study("phase"))?.priority, 7);
  });

  test(`${name}: an unknown study is a 404 that names the nearest`, { skip }, async () => {
    const problem = await bench().problem("/api/studies/phas/heatmap");
    assert.equal(problem.status, 404);
    assert.match(problem.hint ?? "", /phase/);
  });
}, prepare);

test("the OpenAPI document describes every route, with its parameters", async () => {
  const text = JSON.stringify(await closed?.json("/api/openapi.json"));
  const shape = z.looseObject({ openapi: z.literal("3.1.0"), paths: z.record(z.string(), z.record(z.string(), z.looseObject({
    parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })),
  }))) });
  const document = shape.parse(JSON.parse(text));
  for (const { method, path } of ROUTES) {
    const operation = document.paths[`/api${path.replaceAll(/:(\w+)/g, "{$1}")}`]?.[method];
    assert.ok(operation !== undefined, `${method} ${path} is not described`);
  }
  const heatmap = document.paths["/api/studies/{study}/heatmap"]?.["get"]?.parameters.map(({ name }) => name) ?? [];
  for (const name of ["study", "x", "y", "metric", "at", "over", "reduce", "window", "since"]) {
    assert.ok(heatmap.includes(name), `heatmap without parameter ${name}: ${heatmap.join(", ")}`);
  }
});
