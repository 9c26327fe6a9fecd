// Checkpoints as files of a folder: written beside, then renamed, so that a file is whole or absent.
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointStore } from "./store.ts";

/** Checkpoints in `folder`, which is made when the first one is saved. */
export function folderCheckpoints(folder: string): CheckpointStore {
  const fileOf = (name: string): string => {
    if (!/^[a-z0-9_-]+$/.test(name)) throw new RangeError(`checkpoint ${JSON.stringify(name)}: not a name`);
    return join(folder, `${name}.checkpoint`);
  };
  return {
    async load(name) {
      try {
        return await readFile(fileOf(name));
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
    },
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
