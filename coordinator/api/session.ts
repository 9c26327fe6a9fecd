// The page's session: the token is traded once for a cookie that scripts cannot read.
import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { Session } from "../../schema/api.ts";
import { COOKIE, isAuthorised, isSame, sessionProof } from "./guard.ts";
import { problem } from "./problem.ts";
import type { Tools } from "./tools.ts";

const COOKIE_SECONDS = 30 * 24 * 3600;

export function sessionOf(context: Context, tools: Tools): Session {
  return answer(tools, isAuthorised(context, tools.token));
}

function answer({ token, version, boot }: Tools, isOpen: boolean): Session {
  return { isOpen, needsToken: token !== null, version, boot };
}

export function openSession(context: Context, tools: Tools, given: string): Session {
  const { token } = tools;
  if (token === null) return answer(tools, true);
  if (!isSame(given, token)) {
    throw problem(401, {
      type: "wrong-token", detail: "the token is wrong",
      hint: "it is what the server was given as --token or NEARCLONE_TOKEN",
    });
  }
  const isSecure = new URL(context.req.url).protocol === "https:" ||
    context.req.header("x-forwarded-proto") === "https";
  setCookie(context, COOKIE, sessionProof(token), {
    httpOnly: true, sameSite: "Strict", path: "/", secure: isSecure, maxAge: COOKIE_SECONDS,
  });
  return answer(tools, true);
}

export function closeSession(context: Context, tools: Tools): Session {
  deleteCookie(context, COOKIE, { path: "/" });
  return answer(tools, tools.token === null);
}
