// The Hono app: guards, the API's routes, the page's files, and errors turned into problems, once.
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { UserError } from "../../schema/failure.ts";
import { isAway } from "../store/away.ts";
import { isAuthorised, rateLimit, sameOrigin, securityHeaders } from "./guard.ts";
import { pageFiles, type PageFiles } from "./page-files.ts";
import { ProblemError, problem, problemOf } from "./problem.ts";
import { packed } from "./packed.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes.ts";
import { mountOperations, type Operations } from "./operations.ts";
import type { Tools } from "./tools.ts";

const BODY_BYTES_MAX = 256 * 1024;
/** A page makes a handful of requests for each step of a slider. */
const RATE = { burst: 400, perSecond: 100 };
const LOGIN_RATE = { burst: 10, perSecond: 0.2 };
const SQL_RATE = { burst: 20, perSecond: 2 };

export interface AppOptions {
  readonly tools: Tools;
  readonly isLoopbackOnly: boolean;
  /** null: there is no page, only the API. */
  readonly page: PageFiles | null;
  /** What a cluster's monitoring asks; absent: nothing answers it. */
  readonly operations?: Operations;
  /** The peer's address, "" where there is none (in tests). */
  readonly addressOf?: (context: Context) => string;
  /** Told of errors that nobody foresaw; the client is not. */
  readonly onBug?: (error: unknown, where: string) => void;
}

export function makeApp(options: AppOptions): Hono {
  const { tools, isLoopbackOnly, page, addressOf = () => "", onBug = () => {} } = options;
  const app = new Hono();
  app.use(securityHeaders);
  app.use(sameOrigin({ isLoopbackOnly }));
  app.use("/api/*", rateLimit(RATE, tools.clock, addressOf));
  app.use("/api/session", exceptGet(rateLimit(LOGIN_RATE, tools.clock, addressOf)));
  app.use("/api/sql", rateLimit(SQL_RATE, tools.clock, addressOf));
  app.use("/api/*", bodyLimit({ maxSize: BODY_BYTES_MAX, onError: () => {
    throw problem(413, { type: "body", detail: `the body is over ${BODY_BYTES_MAX / 1024} kB` });
  } }));
  app.use("/api/*", packed(addressOf));
  for (const route of ROUTES) mount(app, route, tools);
  if (options.operations !== undefined) mountOperations(app, options.operations, tools.token);
  if (page !== null) pageFiles(app, page);
  app.notFound((context) => problemResponse(context, problemOf(404, {
    type: "no-route", detail: `nothing at ${context.req.method} ${context.req.path}`,
    hint: "the API is described at /api/openapi.json",
  })));
  app.onError((error, context) => {
    const known = knownProblem(error);
    if (known === null) onBug(error, `${context.req.method} ${context.req.path}`);
    return problemResponse(context, known ?? problemOf(500, {
      type: "bug", detail: "the server ran into an error that it did not foresee",
      hint: "its log has the details",
    }));
  });
  return app;
}

function mount(app: Hono, route: Route, tools: Tools): void {
  app.on(route.method.toUpperCase(), `/api${route.path}`, async (context) => {
    if (route.access !== "public" && !isAuthorised(context, tools.token)) {
      throw problem(401, {
        type: "token", detail: "this server asks for its token",
        hint: "send it as `Authorization: Bearer …`, or open the page and type it in",
      });
    }
    const response = await route.handle(context, tools);
    if (route.access === "write") forgetAnswers(tools);
    return response;
  });
}

/** After a command nothing that was read before it is given on. */
function forgetAnswers({ answers, grids, progress }: Tools): void {
  for (const shared of [answers, grids, progress]) shared.clear();
}

function exceptGet(guard: ReturnType<typeof rateLimit>): ReturnType<typeof rateLimit> {
  return async (context, next) => (context.req.method === "GET" ? next() : guard(context, next));
}

/** What a client may know of an error: never a stack, a path or a connection string. */
function knownProblem(error: unknown) {
  if (error instanceof ProblemError) return error.problem;
  if (isAway(error)) {
    return problemOf(503, {
      type: "database", detail: "the database does not answer",
      hint: "the page tries again by itself; see the server's log",
    });
  }
  if (error instanceof UserError) return problemOf(422, { type: "refused", detail: error.message });
  return null;
}

function problemResponse(context: Context, body: ReturnType<typeof problemOf>): Response {
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  return new Response(JSON.stringify(body), { status: body.status, headers: mergedHeaders(context, headers) });
}

/** Headers set before the error, such as retry-after, stay. */
function mergedHeaders(context: Context, headers: Record<string, string>): Headers {
  const merged = new Headers(context.res.headers);
  merged.delete("content-length");
  for (const [name, value] of Object.entries(headers)) merged.set(name, value);
  return merged;
}
