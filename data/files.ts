// Where a data set's files come from: a folder now, bytes received over a network as well.
//
// Readers ask for a name; this file finds it or its gzipped twin, unpacks it, and records what was
// read as it is stored.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip, gunzipSync } from "node:zlib";
import type { FileRecord } from "../schema/data.ts";
import { UserError } from "../schema/failure.ts";

/** Reads files by name. Names are those of a study file: relative to the place, or absolute. */
export interface DataFiles {
  /** The place, for messages: a folder's path, or where the bytes came from. */
  readonly place: string;
  /** The bytes stored under exactly this name, or null if there are none. */
  read(name: string): Promise<Uint8Array | null>;
}

/** What a format's reader needs: unpacked bytes, and the stored name for its messages. */
export interface NamedBytes {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface OpenedFile extends NamedBytes {
  readonly record: FileRecord;
}

/** The files of a folder. */
export function folderFiles(folder: string): DataFiles {
  return {
    place: folder,
    async read(name) {
      const path = resolve(folder, name);
      try {
        return await readFile(path);
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : error;
        if (code === "ENOENT" || code === "ENOTDIR") return null;
        throw new UserError(`cannot read ${path}: ${String(code)}`);
      }
    },
  };
}

/** Files of a folder where each lies under its digest, by the names that records give them. */
export function digestFiles(folder: string, records: readonly FileRecord[]): DataFiles {
  const digests = new Map(records.map(({ path, sha256 }) => [path, sha256]));
  const stored = folderFiles(folder);
  return {
    place: folder,
    async read(name) {
      const digest = digests.get(name);
      return digest === undefined ? null : stored.read(digest);
    },
  };
}

/** Files that are already in memory, by name. */
export function memoryFiles(place: string, files: ReadonlyMap<string, Uint8Array>): DataFiles {
  return { place, read: (name) => Promise.resolve(files.get(name) ?? null) };
}

/**
 * The file of that name, or else of that name with `.gz`, unpacked; null if there is neither.
 * Gzip is known by its first two bytes, which no format here starts with.
 */
export async function findFile(files: DataFiles, name: string): Promise<OpenedFile | null> {
  for (const stored of name.endsWith(".gz") ? [name] : [name, `${name}.gz`]) {
    const bytes = await files.read(stored);
    if (bytes === null) continue;
    const content = isGzip(bytes) ? await unpack(stored, bytes) : bytes;
    const record = { path: stored, bytes: bytes.length, sha256: sha256(bytes) };
    return { name: stored, content, record };
  }
  return null;
}

/** As `findFile`, for a file that must be there; `remedy` tells the user how to get it. */
export async function openFile(files: DataFiles, name: string, remedy = ""): Promise<OpenedFile> {
  const file = await findFile(files, name);
  if (file !== null) return file;
  const orPacked = name.endsWith(".gz") ? "" : " (nor as .gz)";
  throw new UserError(`${name}: not in ${files.place}${orPacked}${remedy && `: ${remedy}`}`);
}

/** As stored bytes are, or unpacked where they are gzipped; for small files, read at once. */
export function unpackSync(name: string, bytes: Uint8Array): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw notUnpacked(name, bytes, error);
  }
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unpack(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes);
  } catch (error) {
    throw notUnpacked(name, bytes, error);
  }
}

function notUnpacked(name: string, bytes: Uint8Array, error: unknown): UserError {
  const why = error instanceof Error ? error.message : String(error);
  return new UserError(`${name}: truncated or corrupt gzip of ${bytes.length} bytes (${why})`);
}
