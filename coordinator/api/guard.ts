// Who may talk to the server, and how much.
//
// Bound to loopback without a token, the danger is another page in the same browser: DNS rebinding
// is stopped by the Host header, cross-site requests by Origin, Sec-Fetch-Site and the JSON content
// type. With a token: a bearer header, or a cookie that holds a keyed hash, never the token.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { Clock } from "../../queue/clock.ts";
import { problem } from "./problem.ts";

export const COOKIE = "nearclone_session";

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

export const securityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
};

/** The names under which a loopback server may be spoken to. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Refuses requests that a foreign page may have sent. */
export function sameOrigin(options: { isLoopbackOnly: boolean }): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host") ?? "";
    if (options.isLoopbackOnly && !isLoopback(host.replace(/:\d+$/, ""))) {
      throw problem(421, {
        type: "host",
        detail: `host ${JSON.stringify(host)}: this server answers to localhost and 127.0.0.1 only`,
        hint: "to reach it from elsewhere, bind it with --host and --token",
      });
    }
    if (!["GET", "HEAD"].includes(context.req.method)) checkOrigin(context, host);
    return next();
  };
}

function checkOrigin(context: Context, host: string): void {
  const origin = context.req.header("origin");
  const site = context.req.header("sec-fetch-site");
  const isForeign = (origin !== undefined && hostOf(origin) !== host) ||
    (site !== undefined && site !== "same-origin" && site !== "none");
  if (isForeign) {
    throw problem(403, { type: "cross-site", detail: "a request from another site was refused" });
  }
  const type = context.req.header("content-type")?.split(";")[0]?.trim();
  if (type !== "application/json") {
    throw problem(415, { type: "content-type", detail: `expected application/json, got ${type ?? "none"}` });
  }
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** What the page's cookie holds: proves that the token was known, without giving it away. */
export function sessionProof(token: string): string {
  return createHmac("sha256", token).update("nearclone dashboard session").digest("hex");
}

/** Whether two secrets are equal, in a time that depends on neither. */
export function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

export function isAuthorised(context: Context, token: string | null): boolean {
  if (token === null) return true;
  const bearer = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return isSame(bearer, token);
  const cookie = getCookie(context, COOKIE);
  return cookie !== undefined && isSame(cookie, sessionProof(token));
}

export interface Rate {
  /** Requests at once, and how many come back each second. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Refuses the requests of an address over its rate. */
export function rateLimit(rate: Rate, clock: Clock, addressOf: (context: Context) => string): MiddlewareHandler {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return async (context, next) => {
    const now = clock.now();
    if (buckets.size > 10_000) buckets.clear();
    const address = addressOf(context);
    const bucket = buckets.get(address) ?? { tokens: rate.burst, atMs: now };
    const tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.atMs) / 1000) * rate.perSecond);
    if (tokens < 1) {
      context.header("retry-after", String(Math.ceil((1 - tokens) / rate.perSecond)));
      throw problem(429, {
        type: "rate", detail: `over ${rate.burst} requests at once or ${rate.perSecond} a second`,
        hint: "wait a moment and try again",
      });
    }
    buckets.set(address, { tokens: tokens - 1, atMs: now });
    return next();
  };
}
