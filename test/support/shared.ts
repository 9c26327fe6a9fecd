// Real data for tests: the folder `shared/data` beside the repository, which not everyone has.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** The path of a file or folder of the shared data, or null where it is absent. */
export function sharedData(name: string): string | null {
  const path = join(repositoryRoot(), "..", "shared", "data", name);
  return existsSync(path) ? path : null;
}

/** What a test that needs it prints when it is skipped; false where it is there. */
export function skipWithout(name: string): string | false {
  return sharedData(name) === null && `no ../shared/data/${name} beside the repository`;
}
