// A small HTTP server of files in memory that misbehaves on request.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface FileServer {
  readonly url: string;
  /** Method, path and range of each request so far, such as `GET /a bytes=5-`. */
  readonly requests: readonly string[];
  /** Cuts the connections that are open. */
  cut(): void;
  close(): Promise<void>;
}

/** How to answer one request; the default honours ranges. */
export type Answer = (request: IncomingMessage, response: ServerResponse, body: Uint8Array) => void;

/** Honours `Range: bytes=N-`. */
export const withRanges: Answer = (request, response, body) => {
  response.end(body.subarray(startRanged(request, response, body)));
};

/** Knows no ranges: always sends the whole file. */
export const wholeOnly: Answer = (_, response, body) => {
  response.writeHead(200, { "content-length": body.length });
  response.end(body);
};

/** Honours ranges, but sends only so many bytes and then nothing, with the connection open. */
export const stallAfter = (bytes: number): Answer => (request, response, body) => {
  const from = startRanged(request, response, body);
  response.write(body.subarray(from, from + bytes));
};

function startRanged(request: IncomingMessage, response: ServerResponse, body: Uint8Array): number {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from > 0) {
    response.setHeader("content-range", `bytes ${from}-${body.length - 1}/${body.length}`);
  }
  response.writeHead(from > 0 ? 206 : 200, { "content-length": body.length - from });
  return from;
}

/** Serves the files; each request takes the next of `answers`, and when they are used up `last`. */
export async function serveFiles(
  files: ReadonlyMap<string, Uint8Array>,
  answers: readonly Answer[] = [],
  last: Answer = withRanges,
): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[requests.length] ?? last;
    requests.push([request.method, request.url, request.headers.range].filter(Boolean).join(" "));
    const body = files.get((request.url ?? "").slice(1));
    if (body !== undefined) {
      answer(request, response, body);
      return;
    }
    response.writeHead(404);
    response.end("no such file");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    cut: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
