// Keeps a second process out of an embedded database's folder, which it would corrupt.
//
// A lock is a file that names its holder. A holder that no longer lives (killed, or its number
// taken over by another process) is replaced; replacing is itself guarded, so that of two
// processes that find a dead holder only one takes over.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { UserError } from "../../schema/failure.ts";

const Holder = z.object({
  pid: z.int(),
  host: z.string(),
  /** The process' start as the kernel counts it; null where it does not say. */
  born: z.string().nullable(),
});
type Holder = z.infer<typeof Holder>;

const TAKE_OVER_TRIES = 40;
const TAKE_OVER_PAUSE_MS = 50;
const START_TIME_FIELD = 19;

/**
 * Takes the lock of `folder` and returns what releases it; `otherWay` is what else a user may do
 * where it is taken.
 * @throws UserError naming the holder, if a living process, or one of another machine, has it.
 */
export async function lockFolder(folder: string, otherWay = "use another --database"): Promise<() => void> {
  const lock = join(folder, "lock");
  const guard = join(folder, "lock.guard");
  for (let attempt = 0; attempt < TAKE_OVER_TRIES; attempt++) {
    if (createLock(lock)) return () => release(lock);
    const holder = readHolder(lock);
    if (holder === "gone") continue;
    if (holder !== "unreadable" && lives(holder)) throw held(folder, lock, holder, otherWay);
    if (createLock(guard)) {
      try {
        takeOver(lock);
      } finally {
        rmSync(guard, { force: true });
      }
    } else {
      const keeper = readHolder(guard);
      if (typeof keeper === "object" && !lives(keeper)) rmSync(guard, { force: true });
      await sleep(TAKE_OVER_PAUSE_MS);
    }
  }
  throw new UserError(`${lock}: cannot take over from a dead process: delete the file`);
}

/** Removes a lock whose holder is dead, having looked again under the guard. */
function takeOver(lock: string): void {
  const holder = readHolder(lock);
  if (holder === "gone" || (holder !== "unreadable" && lives(holder))) return;
  const aside = `${lock}.${process.pid}`;
  renameSync(lock, aside);
  rmSync(aside, { force: true });
}

/** Creates a file that is complete from its first moment; false if it exists. */
function createLock(path: string): boolean {
  const holder: Holder = { pid: process.pid, host: hostname(), born: birthOf(process.pid) };
  const draft = `${path}.draft-${process.pid}`;
  writeFileSync(draft, JSON.stringify(holder));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readHolder(path: string): Holder | "gone" | "unreadable" {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return "gone";
  }
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return "unreadable";
  }
}

function release(lock: string): void {
  const holder = readHolder(lock);
  if (typeof holder === "object" && isMe(holder)) rmSync(lock, { force: true });
}

const isMe = (holder: Holder): boolean => holder.pid === process.pid && holder.host === hostname();

/** Another machine's process is taken to live: this one cannot know. */
function lives(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  return holder.born === null || holder.born === birthOf(holder.pid);
}

/** When a process started, by /proc where there is one: numbers are reused, births are not. */
function birthOf(pid: number): string | null {
  try {
    // The name, in parentheses, may hold spaces: count fields from behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TIME_FIELD] ?? null;
  } catch {
    return null;
  }
}

function held(folder: string, lock: string, { pid, host }: Holder, otherWay: string): UserError {
  const where = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  const way = host === hostname() ? "stop it" : `if it is gone, delete ${lock}`;
  return new UserError(`${folder}: in use by ${where}: ${way}, or ${otherWay}`);
}
