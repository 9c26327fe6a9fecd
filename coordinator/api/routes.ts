// Every route of the API. A route is translation and nothing else: what it does lives beside.
import { streamSSE } from "hono/streaming";
import type { Context } from "hono";
import { z } from "zod";
import * as api from "../../schema/api.ts";
import { csvOf, runConsole, sqlSchema } from "./console.ts";
import { controlStudy } from "./control.ts";
import { heatmap, planHeatmap } from "./heatmap.ts";
import { attemptsOf, coverageOf, failuresOf, jobDetail, jobsOf, timelineOf } from "./jobs.ts";
import { cellAt, linesOf } from "./lines.ts";
import { onsetOf } from "./onset.ts";
import { openApiOf } from "./openapi.ts";
import { parallelOf } from "./parallel.ts";
import { paretoOf } from "./pareto.ts";
import { pointsOf } from "./points.ts";
import { problem } from "./problem.ts";
import { detailOf, summaryOf } from "./progress.ts";
import { jsonRoute, none, rawRoute, type Route, type RouteInput } from "./route.ts";
import { closeSession, openSession, sessionOf } from "./session.ts";
import { findGrid, type StudyGrid } from "./study-grid.ts";
import type { Tools } from "./tools.ts";
import { workersOf } from "./workers.ts";

type Input = Pick<RouteInput<unknown, unknown>, "param" | "tools">;

/** The study that a route's `:study` names, by key or name. */
function gridOf({ param, tools }: Input): Promise<StudyGrid> {
  const study = param("study");
  return tools.grids.get(study, () => findGrid(tools.store, tools.database, study));
}

const read = { method: "get", access: "read", query: none, body: none } as const;
const ofStudy = "/studies/:study";

const sessionRoutes: readonly Route[] = [
  jsonRoute({ ...read, access: "public", path: "/session", answer: api.Session,
    summary: "Whether a token is needed, and whether this browser gave it" },
  async ({ context, tools }) => sessionOf(context, tools)),
  jsonRoute({ method: "post", access: "public", path: "/session", query: none, body: api.LoginRequest,
    answer: api.Session, summary: "Trade the token for a cookie" },
  async ({ context, tools, body }) => openSession(context, tools, body.token)),
  jsonRoute({ method: "delete", access: "public", path: "/session", query: none, body: none,
    answer: api.Session, summary: "Drop the cookie" },
  async ({ context, tools }) => closeSession(context, tools)),
  rawRoute({ ...read, access: "public", path: "/openapi.json", answer: "application/json",
    summary: "This document" },
  async ({ context, tools }) => context.json(openApiOf(ROUTES, tools.version))),
];

const studyRoutes: readonly Route[] = [
  jsonRoute({ ...read, path: "/studies", answer: api.StudyList, summary: "All studies, newest first" },
    async ({ tools }) => ({ studies: await listStudies(tools) })),
  jsonRoute({ ...read, path: ofStudy, answer: api.StudyDetail, summary: "One study: spec, plan, progress" },
    async (input) => {
      const grid = await gridOf(input);
      return detailOf(grid, await input.tools.progress.of(grid.stored));
    }),
  jsonRoute({ ...read, path: `${ofStudy}/progress`, answer: api.Progress, summary: "How far a study is" },
    async (input) => input.tools.progress.of((await gridOf(input)).stored)),
  jsonRoute({ method: "post", access: "write", path: `${ofStudy}/control`, query: none, body: api.Control,
    answer: api.Controlled, summary: "Pause, resume, cancel, set the priority, retry dead jobs" },
  async (input) => controlStudy(input.tools.store, await gridOf(input), input.body)),
  rawRoute({ ...read, path: "/events", answer: "text/event-stream",
    summary: "Progress of all studies as server-sent events; resumes from Last-Event-ID" },
  async ({ context, tools }) => eventsOf(context, tools)),
];

async function listStudies(tools: Tools): Promise<api.StudySummary[]> {
  const studies = await tools.store.studies();
  return Promise.all(studies.map(async (stored) => summaryOf(stored, await tools.progress.of(stored))));
}

const pictureRoutes: readonly Route[] = [
  rawRoute({ ...read, path: `${ofStudy}/heatmap`, query: api.HeatmapQuery, answer: "application/octet-stream",
    summary: "Any two axes by any metric, as schema/heatmap-frame.ts encodes it" },
  heatmapResponse),
  jsonRoute({ ...read, path: `${ofStudy}/lines`, query: api.LineQuery, answer: api.Line,
    summary: "Metrics along one axis, with their spread over the reduced axes" },
  async (input) => linesOf(input.tools.columns, await gridOf(input), input.query)),
  jsonRoute({ ...read, path: `${ofStudy}/cell`, query: api.CellQuery, answer: api.Cell,
    summary: "One cell with every metric" },
  async (input) => cellAt(input.tools.database, await gridOf(input), input.query)),
  jsonRoute({ ...read, path: `${ofStudy}/pareto`, query: api.ParetoQuery, answer: api.Pareto,
    summary: "The Pareto set of two metrics, and the density of all points" },
  async (input) => paretoOf(input.tools.columns, await gridOf(input), input.query)),
  jsonRoute({ ...read, path: `${ofStudy}/parallel`, query: api.ParallelQuery, answer: api.Parallel,
    summary: "Parallel coordinates, binned" },
  async (input) => parallelOf(input.tools.columns, await gridOf(input), input.query)),
  jsonRoute({ ...read, path: `${ofStudy}/onset`, query: api.OnsetQuery, answer: api.Onset,
    summary: "Where a metric reaches a threshold along an axis, and the lag between two" },
  async (input) => onsetOf(input.tools.columns, await gridOf(input), input.query)),
  jsonRoute({ ...read, path: `${ofStudy}/points`, query: api.PointsQuery, answer: api.Points,
    summary: "Rows, filtered, sorted, paged by key" },
  async (input) => pointsOf(input.tools.database, await gridOf(input), input.query)),
];

async function heatmapResponse(input: RouteInput<api.HeatmapQuery, undefined>): Promise<Response> {
  const { context, tools, query } = input;
  const grid = await gridOf(input);
  const plan = planHeatmap(grid, query);
  const known = `"${await tools.columns.version(grid)}"`;
  if (context.req.header("if-none-match") === known) return context.body(null, 304, { etag: known });
  const { body, version } = await heatmap(tools.columns, plan);
  const bytes = new Uint8Array(body);
  return context.body(bytes.buffer, 200, {
    "content-type": "application/octet-stream", etag: `"${version}"`, "cache-control": "no-cache",
  });
}

const jobRoutes: readonly Route[] = [
  jsonRoute({ ...read, path: `${ofStudy}/jobs`, query: api.JobsQuery, answer: api.Jobs, summary: "Jobs by number" },
    async (input) => jobsOf(input.tools.jobPages, await gridOf(input), input.query)),
  jsonRoute({ ...read, path: `${ofStudy}/jobs/:job`, answer: api.JobDetail, summary: "One job and its attempts" },
    async (input) => jobDetail(input.tools.store, await gridOf(input), jobNumber(input.param("job")))),
  jsonRoute({ ...read, path: `${ofStudy}/attempts`, query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    answer: api.Attempts, summary: "Attempts, newest first" },
  async (input) => attemptsOf(input.tools.store, await gridOf(input), input.query.limit)),
  jsonRoute({ ...read, path: `${ofStudy}/coverage`, answer: api.Coverage, summary: "Job states over the grid" },
    async (input) => coverageOf(input.tools.database, await gridOf(input))),
  jsonRoute({ ...read, path: `${ofStudy}/failures`, answer: api.Failures, summary: "Failed attempts by reason" },
    async (input) => failuresOf(input.tools.database, await gridOf(input))),
  jsonRoute({ ...read, path: `${ofStudy}/timeline`, answer: api.Timeline, summary: "What workers did when" },
    async (input) => timelineOf(input.tools.database, await gridOf(input))),
  jsonRoute({ ...read, path: "/workers", answer: api.Workers, summary: "Workers, last seen first" },
    async ({ tools }) => workersOf(tools.store, tools.clock)),
];

const sqlRoutes: readonly Route[] = [
  jsonRoute({ ...read, path: "/schema", answer: api.SqlSchema, summary: "Tables and views with their comments" },
    async ({ tools }) => sqlSchema(tools.database)),
  rawRoute({ method: "post", access: "read", path: "/sql", query: z.object({ format: z.enum(["json", "csv"]).default("json") }),
    body: api.SqlRequest, answer: api.SqlAnswer, summary: "One read-only statement" },
  async ({ context, tools, query, body }) => {
    const answer = await runConsole(tools, body);
    if (query.format === "json") return context.json(answer);
    return context.body(csvOf(answer), 200, { "content-type": "text/csv; charset=utf-8" });
  }),
];

export const ROUTES: readonly Route[] =
  [...sessionRoutes, ...studyRoutes, ...pictureRoutes, ...jobRoutes, ...sqlRoutes];

function jobNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) {
    throw problem(400, { type: "bad-request", detail: `job ${JSON.stringify(text)}: expected a number` });
  }
  return Number(text);
}

/** A comment line this often keeps proxies from closing a silent stream. */
const HEARTBEAT_MS = 15_000;

function eventsOf(context: Context, { events }: Tools): Response {
  const lastId = context.req.header("last-event-id");
  return streamSSE(context, async (stream) => {
    // Registered first: a reader may leave while the first look at the database is under way.
    const left = new Promise<void>((resolve) => stream.onAbort(resolve));
    const unsubscribe = await events.subscribe(lastId, (event) => {
      stream.writeSSE(event).catch(() => {});
    });
    const beat = setInterval(() => {
      stream.write(": still here\n\n").catch(() => {});
    }, HEARTBEAT_MS);
    await left;
    clearInterval(beat);
    unsubscribe();
  });
}
