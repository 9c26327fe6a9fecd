// Embedded databases that are ready at once: to make one takes seconds, to copy an empty one does not.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openStore, openStoreParts, type StoreParts } from "../../coordinator/store/open.ts";
import type { Store } from "../../coordinator/store/port.ts";

/** Names the empty database that the files of one run of the suite share. */
const GIVEN = "NEARCLONE_TEST_EMPTY_DATABASE";

/** Removed when this process ends. */
const folders = new Set<string>();
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "nearclone-database-"));
  folders.add(folder);
  return folder;
}

let made: Promise<string> | undefined;

/** The folder of a migrated database without a study: of the run of the suite, or this process' own. */
function emptyDatabase(): Promise<string> {
  made ??= process.env[GIVEN] === undefined ? makeEmpty() : Promise.resolve(process.env[GIVEN]);
  return made;
}

async function makeEmpty(): Promise<string> {
  const folder = join(temporaryFolder(), "empty");
  await (await openStore(folder)).close();
  return folder;
}

/** Makes the empty database that processes started from now on copy. */
export async function shareEmptyDatabase(): Promise<void> {
  process.env[GIVEN] = await emptyDatabase();
}

/** Puts a migrated database without a study into `folder`, which must not hold one yet. */
export async function putDatabase(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  cpSync(await emptyDatabase(), folder, { recursive: true });
}

/** An embedded store without a study, in a folder that goes with this process. */
export async function openTestStore(): Promise<Store> {
  return (await openTestStoreParts()).store;
}

export async function openTestStoreParts(): Promise<StoreParts> {
  const folder = join(temporaryFolder(), "db");
  await putDatabase(folder);
  return openStoreParts(folder);
}
