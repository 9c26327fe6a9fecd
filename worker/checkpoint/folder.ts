// Checkpoints as files of a folder: written beside, then renamed, so that a file is whole or absent.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { CheckpointStore } from "./store.ts";

const ENDING = ".checkpoint";

/** Checkpoints in `folder`, which is made when the first one is saved. */
export function folderCheckpoints(folder: string): CheckpointStore {
  const fileOf = (name: string): string => {
    if (!/^[a-z0-9_-]+$/.test(name)) throw new RangeError(`checkpoint ${JSON.stringify(name)}: not a name`);
    return join(folder, `${name}${ENDING}`);
  };
  return {
    load: (name) => orNull(readFile(fileOf(name))),
    async save(name, bytes) {
      const file = fileOf(name);
      await mkdir(folder, { recursive: true });
      // Two workers may hold the same job for a while; each writes its own file first.
      const beside = `${file}.${process.pid}.part`;
      await writeFile(beside, bytes);
      await rename(beside, file);
    },
    remove: (name) => rm(fileOf(name), { force: true }),
  };
}

export interface CheckpointFile {
  readonly name: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** The checkpoints of a folder, by name; none where there is no such folder. */
export async function checkpointFiles(folder: string): Promise<CheckpointFile[]> {
  const files = ((await orNull(readdir(folder))) ?? []).filter((file) => file.endsWith(ENDING)).sort();
  const found = await Promise.all(files.map(async (file) => {
    const state = await orNull(stat(join(folder, file))); // a run that is done removes its own
    return state === null ? [] : [{ name: basename(file, ENDING), bytes: state.size, changedMs: state.mtimeMs }];
  }));
  return found.flat();
}

/** null for what is not there. */
async function orNull<Value>(read: Promise<Value>): Promise<Value | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
