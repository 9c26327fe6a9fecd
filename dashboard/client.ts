// Talks to the API: typed answers, or an error that carries the problem document.
import type { Problem } from "../schema/api.ts";
import { decodeFrame, type HeatmapFrame } from "../schema/heatmap-frame.ts";

export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ApiError";
    this.problem = problem;
  }
}

/** What to show of anything thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  const isOffline = error instanceof TypeError;
  return {
    type: "urn:nearclone:problem:client",
    title: isOffline ? "no answer" : "a bug in the page",
    status: 0,
    detail: isOffline ? "the server does not answer" : String(error),
    hint: isOffline ? "is it still running? The page tries again by itself" : "reload the page",
  };
}

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export function pathOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) continue;
    search.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  const text = search.toString();
  return `/api${path}${text === "" ? "" : `?${text}`}`;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init);
  if (response.ok || response.status === 304) return response;
  throw new ApiError(await problemIn(response));
}

async function problemIn(response: Response): Promise<Problem> {
  try {
    return await response.json();
  } catch {
    return { type: "about:blank", title: response.statusText, status: response.status, detail: `the server said ${response.status}` };
  }
}

export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await ask(path, signal === undefined ? {} : { signal });
  return response.json();
}

export async function post<Answer>(path: string, body: object): Promise<Answer> {
  const response = await ask(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  return response.json();
}

export async function getFrame(path: string, signal: AbortSignal): Promise<HeatmapFrame> {
  const response = await ask(path, { signal });
  return decodeFrame(await response.arrayBuffer());
}

export async function getText(path: string, body: object): Promise<string> {
  const response = await ask(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  return response.text();
}
