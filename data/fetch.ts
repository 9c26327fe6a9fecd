// `nearclone data fetch`: the official files, from their official addresses, into a folder.
//
// A file appears under its own name only once it is whole and right: it is collected in
// `NAME.part`, checked, and renamed. Nothing that is already there is overwritten.
import { createReadStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { UserError } from "../schema/failure.ts";
import {
  download,
  isFileError,
  type Progress,
  sha256Of,
  sizeOf,
  type Transport,
} from "./download.ts";
import { OFFICIAL, type Download, type OfficialName, type OfficialSet } from "./official.ts";
import { extractTar } from "./tar.ts";

export interface FetchOptions {
  /** Where the files are instead of the official addresses; no closing slash needed. */
  readonly baseUrl?: string;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Milliseconds without a byte after which a connection is cut; 30,000 by default. */
  readonly stallMs?: number;
  /** Failures without headway after which an address is given up; 5 by default. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt, doubled for each later one; 1,000 by default. */
  readonly retryDelayMs?: number;
}

export interface Fetched {
  readonly folder: string;
  /** Files that this call brought. */
  readonly fetched: readonly string[];
  /** Files that were there already. */
  readonly present: readonly string[];
}

/**
 * Downloads what is missing of an official data set.
 *
 * @param folder created if need be; `dataFolder` looks in the cache's folder of that name.
 * @throws UserError on an unreachable or wrong file, naming address, digest and what was expected;
 *   the signal's reason if it is aborted (what was received is continued by the next call).
 */
export async function fetchData(
  name: OfficialName,
  folder: string,
  options: FetchOptions = {},
): Promise<Fetched> {
  return fetchSet(OFFICIAL[name], folder, options);
}

/** As `fetchData`, for any set. */
export async function fetchSet(
  set: OfficialSet,
  folder: string,
  options: FetchOptions = {},
): Promise<Fetched> {
  const transport: Transport = {
    fetch: options.fetch ?? globalThis.fetch,
    signal: options.signal ?? null,
    onProgress: options.onProgress ?? (() => {}),
    stallMs: options.stallMs ?? 30_000,
    attempts: options.attempts ?? 5,
    retryDelayMs: options.retryDelayMs ?? 1_000,
  };
  const { baseUrl } = options;
  const addresses = baseUrl === undefined ? set.addresses : [baseUrl.replace(/\/+$/, "")];
  const isArchive = Object.keys(set.members).length > 0;
  try {
    await mkdir(folder, { recursive: true });
    return isArchive
      ? await fetchArchive(set, addresses, folder, transport)
      : await fetchFiles(set.downloads, addresses, folder, transport);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new UserError(`cannot write ${error.path ?? folder}: ${error.code ?? error.message}`);
  }
}

async function fetchFiles(
  downloads: readonly Download[],
  addresses: readonly string[],
  folder: string,
  transport: Transport,
): Promise<Fetched> {
  const fetched: string[] = [];
  const present: string[] = [];
  for (const item of downloads) {
    const path = join(folder, item.name);
    if ((await sizeOf(path)) > 0) {
      const found = await sha256Of(path);
      if (found !== item.sha256) {
        throw new UserError(
          `${path}: sha256 ${found}, the official file has ${item.sha256}: ` +
            "move it away to fetch it",
        );
      }
      present.push(item.name);
      continue;
    }
    await download(item, addresses, `${path}.part`, transport);
    await rename(`${path}.part`, path);
    fetched.push(item.name);
  }
  return { folder, fetched, present };
}

/** One archive, of which only the members are kept. They are known by their sizes afterwards. */
async function fetchArchive(
  set: OfficialSet,
  addresses: readonly string[],
  folder: string,
  transport: Transport,
): Promise<Fetched> {
  const [archive] = set.downloads;
  const names = Object.keys(set.members);
  const present: string[] = [];
  for (const [name, bytes] of Object.entries(set.members)) {
    const found = await sizeOf(join(folder, name));
    if (found === bytes) present.push(name);
    else if (found > 0) {
      throw new UserError(
        `${join(folder, name)}: ${found} bytes, the official file has ${bytes}: ` +
          "move it away to fetch it",
      );
    }
  }
  if (archive === undefined || present.length === names.length) {
    return { folder, fetched: [], present };
  }
  const part = join(folder, `${archive.name}.part`);
  await download(archive, addresses, part, transport);
  await unpack(part, set, folder);
  await rm(part);
  return { folder, fetched: names.filter((name) => !present.includes(name)), present };
}

async function unpack(part: string, set: OfficialSet, folder: string): Promise<void> {
  const names = Object.keys(set.members);
  const partOf = (name: string) => join(folder, `${name}.part`);
  const sizes = await untar(part, (name) => (names.includes(name) ? partOf(name) : null));
  for (const [name, bytes] of Object.entries(set.members)) {
    if (sizes.get(name) === bytes) continue;
    throw new UserError(`${part}: ${name}: ${sizes.get(name) ?? 0} bytes, expected ${bytes}`);
  }
  for (const name of names) await rename(partOf(name), join(folder, name));
}

async function untar(part: string, pathOf: (name: string) => string | null) {
  const packed = createReadStream(part);
  const tar = packed.pipe(createGunzip());
  packed.once("error", (error) => tar.destroy(error));
  try {
    return await extractTar(part, tar, pathOf);
  } finally {
    packed.destroy();
    tar.destroy();
  }
}
