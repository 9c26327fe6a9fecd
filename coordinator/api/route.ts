// A route: its path, who may use it, what it takes and gives. One list of them (routes.ts) makes
// the app, the OpenAPI document and the table that the authorisation test walks.
import type { Context } from "hono";
import { z } from "zod";
import { problem } from "./problem.ts";
import type { Tools } from "./tools.ts";

/** public: anybody; read, write: with the token, where there is one; write changes a study. */
export type Access = "public" | "read" | "write";

/** The schema of a query or body that a route does not look at. */
export const none: z.ZodType<undefined> = z.unknown().transform(() => undefined);

export interface RouteWords<Query, Body> {
  readonly method: "get" | "post" | "delete";
  /** With Hono's `:name` parameters, below /api. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query: z.ZodType<Query>;
  readonly body: z.ZodType<Body>;
  /** The answer's schema, or its media type where it is not JSON. */
  readonly answer: z.ZodType | string;
}

export interface Route extends RouteWords<unknown, unknown> {
  readonly handle: (context: Context, tools: Tools) => Promise<Response>;
}

export interface RouteInput<Query, Body> {
  readonly param: (name: string) => string;
  readonly query: Query;
  readonly body: Body;
  readonly context: Context;
  readonly tools: Tools;
}

/**
 * A JSON route. `handle` gets checked input; what it returns is sent with an ETag, and, where it
 * was read, to all who ask for it at that moment.
 */
export function jsonRoute<Query, Body, Answer>(
  words: RouteWords<Query, Body> & { readonly answer: z.ZodType<Answer> },
  handle: (input: RouteInput<Query, Body>) => Promise<Answer>,
): Route {
  const isShared = words.access === "read" && words.method === "get";
  return rawRoute(words, async (input) => {
    const { context, tools } = input;
    const make = async (): Promise<string> => JSON.stringify(await handle(input));
    const { pathname, search } = new URL(context.req.url);
    const text = await (isShared ? tools.answers.get(pathname + search, make) : make());
    return context.body(text, 200, { "content-type": "application/json" });
  });
}

/** A route that makes its own response. */
export function rawRoute<Query, Body>(
  words: RouteWords<Query, Body>,
  handle: (input: RouteInput<Query, Body>) => Promise<Response>,
): Route {
  return {
    ...words,
    handle: async (context, tools) => handle({
      param: (name) => context.req.param(name) ?? "",
      query: parsed(words.query, context.req.query(), "query"),
      body: parsed(words.body, words.body === none ? undefined : await bodyOf(context), "body"),
      context,
      tools,
    }),
  };
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    throw problem(400, { type: "not-json", detail: "the request's body is not JSON" });
  }
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, where: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) =>
    `${[where, ...path.map(String)].join(".")}: ${message}`);
  throw problem(400, { type: "bad-request", detail: lines.join("; ") });
}
