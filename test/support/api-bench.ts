// The API over a store, called without a socket, for tests that run on both databases.
import { after, before } from "node:test";
import { makeApp } from "../../coordinator/api/app.ts";
import { makeTools, type Tools } from "../../coordinator/api/tools.ts";
import { openStoreParts, type StoreParts } from "../../coordinator/store/open.ts";
import { Problem } from "../../schema/api.ts";
import { decodeFrame, type HeatmapFrame } from "../../schema/heatmap-frame.ts";
import { openTestStoreParts } from "./database.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import { skipWithoutPostgres, startPostgres, type TestPostgres } from "./postgres.ts";

export interface ApiBench {
  readonly parts: StoreParts;
  readonly tools: Tools;
  readonly clock: ManualClock;
  /** A request as the page sends it: of this host and origin. */
  request(path: string, init?: RequestInit): Promise<Response>;
  json(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<Response>;
  frame(path: string): Promise<HeatmapFrame>;
  problem(path: string): Promise<Problem>;
}

export function apiBench(parts: StoreParts, token: string | null = null): ApiBench {
  const clock = manualClock();
  const tools = makeTools({ ...parts, clock, version: "0.0.0", boot: "boot", token });
  const app = makeApp({ tools, isLoopbackOnly: true, page: null, onBug: (error) => console.error(error) });
  const request: ApiBench["request"] = async (path, init = {}) => {
    // Time passes between requests, so that nothing is answered from a shared look or limited.
    clock.advance(1_000);
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", "localhost");
    return app.request(`http://localhost${path}`, { ...init, headers });
  };
  return {
    parts, tools, clock, request,
    json: async (path) => (await request(path)).json(),
    post: (path, body) => request(path, {
      method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" },
    }),
    frame: async (path) => decodeFrame(await (await request(path)).arrayBuffer()),
    problem: async (path) => Problem.parse(await (await request(path)).json()),
  };
}

/** Registers `examine` for both databases; each gets a bench that is open while its tests run. */
export function onBothStores(examine: (name: string, bench: () => ApiBench, skip: string | false) => void,
  prepare: (parts: StoreParts) => Promise<void>): void {
  for (const name of ["pglite", "postgres"] as const) {
    const skip = name === "postgres" ? skipWithoutPostgres : false;
    let server: TestPostgres | undefined;
    let bench: ApiBench | undefined;
    before(async () => {
      if (skip !== false) return;
      if (name === "postgres") server = await startPostgres();
      const parts = await (server === undefined ? openTestStoreParts() : openStoreParts(server.url));
      await prepare(parts);
      bench = apiBench(parts);
    });
    after(async () => {
      await bench?.parts.store.close();
      server?.remove();
    });
    examine(name, () => {
      if (bench === undefined) throw new Error(`${name} did not open`);
      return bench;
    }, skip);
  }
}
