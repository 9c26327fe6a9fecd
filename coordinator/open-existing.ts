// Opens a database to read: never makes an empty one where the user mistook the folder.
import { UserError } from "../schema/failure.ts";
import { type Context, databaseUrl, isAbsentFolder, shortPath } from "./context.ts";
import { openStore } from "./store/open.ts";
import type { Store } from "./store/port.ts";

/** @throws UserError if it is a folder that does not exist, and as `openStore`. */
export async function openExisting(context: Context, option: string | undefined): Promise<Store> {
  const url = databaseUrl(context, option);
  if (isAbsentFolder(url)) {
    throw new UserError(
      `no database in ${shortPath(context, url)}: ${context.program} run STUDY.yaml makes one, ` +
        "or name another with --database",
    );
  }
  return openStore(url);
}
