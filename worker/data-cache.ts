// Data files that came over the queue: one folder, each file under its digest, no larger than allowed.
//
// Invariants: a file under its digest is whole, since it is written under another name first and its
// digest is checked before it is renamed; each process checks once what it finds there, because disks
// and people change files; what a job needs is not removed to make room while it runs.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../queue/clock.ts";
import type { FileRecord } from "../schema/data.ts";
import { ComputeError } from "../schema/failure.ts";

export interface DataCacheOptions {
  /** A word that no other process uses while this one lives. */
  readonly process: string;
  readonly folder: string;
  /** Files beyond this are removed, those not used for longest first. */
  readonly bytesMax: number;
  /** A file's content, or null where nobody offers it. */
  readonly fetch: (sha256: string) => Promise<AsyncIterable<Uint8Array> | null>;
  /** How long to ask for a file that is not offered yet: a coordinator that starts has many to offer. */
  readonly patienceMs: number;
  readonly clock: Clock;
  /** Told of what was fetched. */
  readonly onFetched: (file: FileRecord, ms: number) => void;
}

const ASK_AGAIN_MS = 500;
const DIGEST = /^[0-9a-f]{64}$/;

export class DataCache {
  readonly #options: DataCacheOptions;
  /** Files that are there, or on their way: checked by this process. */
  readonly #files = new Map<string, Promise<void>>();
  /** How many hold a file, and when the last one let go of it. */
  readonly #holders = new Map<string, number>();
  readonly #releasedMs = new Map<string, number>();

  constructor(options: DataCacheOptions) {
    this.#options = options;
  }

  /**
   * Resolves once all files are in the folder, to what lets go of them: until then they stay.
   * Throws ComputeError where one cannot be had.
   */
  async provide(files: readonly FileRecord[]): Promise<() => void> {
    const release = this.#hold(files);
    try {
      for (const file of files) {
        const known = this.#files.get(file.sha256);
        const ready = known ?? this.#ready(file);
        this.#files.set(file.sha256, ready);
        ready.catch(() => this.#files.delete(file.sha256)); // ask again for the next job
        await ready;
      }
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  #hold(files: readonly FileRecord[]): () => void {
    const add = (holders: number) => ({ sha256 }: FileRecord): void => {
      this.#holders.set(sha256, (this.#holders.get(sha256) ?? 0) + holders);
      this.#releasedMs.set(sha256, this.#options.clock.now());
    };
    files.forEach(add(1));
    let isHeld = true;
    return () => {
      if (isHeld) files.forEach(add(-1));
      isHeld = false;
    };
  }

  async #ready(file: FileRecord): Promise<void> {
    const { folder, onFetched, clock } = this.#options;
    await mkdir(folder, { recursive: true });
    const path = join(folder, file.sha256);
    if (await isWhole(path, file)) {
      const seconds = clock.now() / 1_000;
      await utimes(path, seconds, seconds); // last use, for `#makeRoom`
      return;
    }
    const began = performance.now();
    await this.#makeRoom(file);
    await this.#fetch(file, path);
    onFetched(file, performance.now() - began);
  }

  async #fetch(file: FileRecord, path: string): Promise<void> {
    const pieces = await this.#ask(file.sha256);
    const name = `data file ${file.path} (${file.sha256.slice(0, 12)})`;
    if (pieces === null) {
      throw new ComputeError("infrastructure", "data_missing",
        `${name}: the coordinator does not offer it: nearclone submit stores it in the database`);
    }
    const partial = `${path}.${this.#options.process}.part`;
    try {
      const digest = await writeAll(partial, pieces);
      if (digest !== file.sha256) {
        throw new ComputeError("infrastructure", "data_damaged", `${name}: what came has digest ${digest.slice(0, 12)}`);
      }
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      if (error instanceof ComputeError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new ComputeError("resource", "data_not_stored", `${name}: ${why}`);
    }
  }

  async #ask(sha256: string): Promise<AsyncIterable<Uint8Array> | null> {
    const { fetch, patienceMs, clock } = this.#options;
    const endMs = clock.now() + patienceMs;
    for (;;) {
      const pieces = await fetch(sha256);
      if (pieces !== null || clock.now() >= endMs) return pieces;
      await new Promise<void>((resolve) => clock.after(ASK_AGAIN_MS, resolve));
    }
  }

  /** Removes what was not used for longest until `file` fits, but nothing that is held here. */
  async #makeRoom(file: FileRecord): Promise<void> {
    const { folder, bytesMax } = this.#options;
    const found: { name: string; bytes: number; usedMs: number }[] = [];
    for (const name of await readdir(folder)) {
      if (!DIGEST.test(name)) continue;
      const { size, mtimeMs } = await stat(join(folder, name));
      found.push({ name, bytes: size, usedMs: Math.max(mtimeMs, this.#releasedMs.get(name) ?? 0) });
    }
    let bytes = found.reduce((sum, one) => sum + one.bytes, file.bytes);
    for (const one of found.sort((a, b) => a.usedMs - b.usedMs)) {
      if (bytes <= bytesMax) return;
      if ((this.#holders.get(one.name) ?? 0) > 0) continue;
      this.#files.delete(one.name);
      await rm(join(folder, one.name), { force: true });
      bytes -= one.bytes;
    }
    if (bytes <= bytesMax) return;
    throw new ComputeError("resource", "data_cache_full",
      `data file ${file.path}: ${bytes} bytes with those in use, the cache may have ${bytesMax}: raise --cache-size`);
  }
}

async function isWhole(path: string, { bytes, sha256 }: FileRecord): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.size !== bytes) return false;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) if (chunk instanceof Buffer) hash.update(chunk);
  return hash.digest("hex") === sha256;
}

/** Writes pieces to a new file and through to the disk; returns their digest. */
async function writeAll(path: string, pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "w");
  try {
    for await (const piece of pieces) {
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}
