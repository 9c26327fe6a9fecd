// The page's files, read once: each with its packed form, a type and a cache rule.
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Hono } from "hono";

interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  /** The same in brotli; null where packing gains nothing. */
  readonly packed: Uint8Array<ArrayBuffer> | null;
  readonly type: string;
  readonly isHashed: boolean;
}
export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Reads the built page; null where it was not built. */
export async function readPage(folder: string): Promise<PageFiles | null> {
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes("index.html")) return null;
  const files = new Map<string, PageFile>();
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const packed = names.includes(`${name}.br`) ? await bytesOf(join(folder, `${name}.br`)) : null;
    files.set(name, { body: await bytesOf(join(folder, name)), packed, type, isHashed: /-[A-Z0-9]{8}\./.test(name) });
  }
  return files;
}

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(path));
}

export function pageFiles(app: Hono, files: PageFiles): void {
  app.get("/:name{[^/]*}", (context, next) => {
    const file = files.get(context.req.param("name") || "index.html");
    if (file === undefined) return next();
    const accepts = /\bbr\b/.test(context.req.header("accept-encoding") ?? "");
    const isPacked = accepts && file.packed !== null;
    context.header("content-type", file.type);
    context.header("vary", "accept-encoding");
    context.header("cache-control", file.isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (isPacked) context.header("content-encoding", "br");
    return Promise.resolve(context.body(isPacked ? (file.packed?.buffer ?? null) : file.body.buffer));
  });
}
