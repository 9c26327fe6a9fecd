// What monitoring asks of a coordinator: is it alive, is it ready, and its metrics.
import type { Hono } from "hono";
import { isAuthorised } from "./guard.ts";
import { problem } from "./problem.ts";

export interface Operations {
  /** null while it is ready: it leads or waits to lead, and reaches database and broker. */
  readonly unready: () => Promise<string | null>;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

/**
 * `/healthz`: 200 while the process answers. `/readyz`: 200, or 503 with the reason. `/metrics`: the
 * text format of Prometheus, with the token as a bearer where the server has one.
 */
export function mountOperations(app: Hono, { unready, metrics }: Operations, token: string | null): void {
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", async (context) => {
    const why = await unready();
    return why === null ? context.text("ready\n") : context.text(`${why}\n`, 503);
  });
  app.get("/metrics", async (context) => {
    if (!isAuthorised(context, token)) {
      throw problem(401, {
        type: "token", detail: "this server asks for its token",
        hint: "in Prometheus' scrape configuration: authorization: { credentials: … }",
      });
    }
    const { type, text } = await metrics();
    return context.body(text, 200, { "content-type": type });
  });
}
