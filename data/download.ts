// One file over HTTP into `NAME.part`: resumed where it broke off, verified, never trusted before.
//
// Each address is tried until it refuses or makes no headway; a stalled connection is cut after
// `stallMs`. Only a file of the right size and digest is returned; a wrong one is deleted.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../schema/failure.ts";
import type { Download } from "./official.ts";

export interface Progress {
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

export interface Transport {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal | null;
  readonly onProgress: (progress: Progress) => void;
  /** A connection that brings no byte for this long is cut. */
  readonly stallMs: number;
  /** How often one address may fail with little headway (under HEADWAY_BYTES). */
  readonly attempts: number;
  /** Wait before the second attempt; doubled for each one after it. */
  readonly retryDelayMs: number;
}

const HEADWAY_BYTES = 1_000_000;

/** What an address did that makes another try of it useless. */
class Refusal extends Error {}

/**
 * @param addresses folders that hold the file, in the order to try.
 * @param part where to collect it; what is there from an earlier run is continued.
 * @throws UserError with what each address did, if none gave the right file.
 */
export async function download(
  item: Download,
  addresses: readonly string[],
  part: string,
  transport: Transport,
): Promise<void> {
  const problems: string[] = [];
  for (const address of addresses) {
    const url = `${address}/${item.name}`;
    try {
      await downloadFrom(url, item, part, transport);
      return;
    } catch (error) {
      if (transport.signal?.aborted === true) throw error;
      if (!(error instanceof Refusal)) throw error;
      problems.push(`${url}: ${error.message}`);
    }
  }
  throw new UserError(problems.join("; "));
}

async function downloadFrom(
  url: string,
  item: Download,
  part: string,
  transport: Transport,
): Promise<void> {
  let failures = 0;
  for (;;) {
    const before = await sizeOf(part);
    try {
      if (before !== item.bytes) await transfer(url, item, part, transport);
      const found = await sha256Of(part);
      if (found === item.sha256) return;
      await rm(part, { force: true });
      // Bytes of an earlier run may be from another file: begin again, once.
      if (before > 0 && failures === 0) failures++;
      else throw new Refusal(`sha256 ${found}, expected ${item.sha256}: deleted`);
    } catch (error) {
      transport.signal?.throwIfAborted();
      if (error instanceof Refusal || isFileError(error)) throw error;
      failures = (await sizeOf(part)) - before >= HEADWAY_BYTES ? 1 : failures + 1;
      if (failures >= transport.attempts) throw new Refusal(reasonOf(error));
      const waitMs = transport.retryDelayMs * 2 ** (failures - 1);
      await delay(waitMs, undefined, { ...(transport.signal && { signal: transport.signal }) });
    }
  }
}

/** Appends to the part file what the server has beyond it, or all where it cannot continue. */
async function transfer(
  url: string,
  item: Download,
  part: string,
  transport: Transport,
): Promise<void> {
  const stall = stallGuard(transport);
  try {
    const held = await sizeOf(part);
    const from = held < item.bytes ? held : 0;
    const response = await transport.fetch(url, {
      // Unpacked on the way, the bytes would be neither those digested nor those counted.
      headers: { "accept-encoding": "identity", ...(from > 0 && { range: `bytes=${from}-` }) },
      signal: stall.signal,
    });
    const start = startOf(response, from, item);
    const file = await open(part, start === 0 ? "w" : "a");
    try {
      let receivedBytes = start;
      for await (const chunk of response.body ?? []) {
        stall.restart();
        receivedBytes += chunk.length;
        if (receivedBytes > item.bytes) throw wrongSize(`over ${item.bytes}`, item);
        await file.writeFile(chunk);
        transport.onProgress({ file: item.name, receivedBytes, totalBytes: item.bytes });
      }
      if (receivedBytes < item.bytes) throw new Error(`ended after ${receivedBytes} bytes`);
    } finally {
      await file.close();
    }
  } finally {
    stall.stop();
  }
}

/** The place of the body's first byte in the file. @throws Refusal on any but a good answer. */
function startOf(response: Response, from: number, item: Download): number {
  const { status, headers } = response;
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    const [, start = "", total = ""] = range ?? [];
    if (Number(start || -1) !== from) throw new Refusal("answered another range than asked");
    if (total !== "*" && Number(total) !== item.bytes) throw wrongSize(total, item);
    return from;
  }
  // A server in trouble or in a hurry may do better on the next attempt.
  if (status >= 500 || status === 429) throw new Error(`http ${status}`);
  if (status !== 200) throw new Refusal(`http ${status}`);
  const length = headers.get("content-length");
  if (length !== null && Number(length) !== item.bytes) throw wrongSize(length, item);
  return 0;
}

function wrongSize(found: string, item: Download): Refusal {
  return new Refusal(`${found} bytes, expected ${item.bytes}`);
}

function stallGuard({ stallMs, signal }: Transport) {
  const controller = new AbortController();
  const cut = () => controller.abort(new Error(`no bytes for ${stallMs / 1000} s`));
  const timer = setTimeout(cut, stallMs);
  return {
    signal: signal === null ? controller.signal : AbortSignal.any([signal, controller.signal]),
    restart: () => void timer.refresh(),
    stop: () => {
      clearTimeout(timer);
      controller.abort(); // closes a connection whose body was not read to its end
    },
  };
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** A file's size in bytes; 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

const FILE_ERRORS: ReadonlySet<unknown> = new Set(
  "EACCES EDQUOT EFBIG EIO EISDIR EMFILE ENOENT ENOSPC ENOTDIR EPERM EROFS".split(" "),
);

/** An error of the file system, such as a full disk: no other address helps. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && FILE_ERRORS.has(error.code);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
