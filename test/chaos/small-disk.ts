// A disk of some megabytes: a tmpfs in a mount namespace of its own, gone with its holder.
//
// Needs what Linux gives to root, or to anybody where user namespaces are allowed; no other way of
// filling a disk is one that a database would notice as such.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const IS_ROOT = process.getuid?.() === 0;
const UNSHARE = IS_ROOT ? ["-m"] : ["-r", "-m"];
const NSENTER = IS_ROOT ? ["-m"] : ["-U", "-m", "--preserve-credentials"];

/** Why a round that needs it skips, or false where it can be had. */
export function skipWithoutSmallDisk(): string | false {
  const folder = mkdtempSync(join(tmpdir(), "nearclone-disk-"));
  const tried = spawnSync("unshare", [...UNSHARE, "mount", "-t", "tmpfs", "none", folder]);
  rmSync(folder, { recursive: true });
  return tried.status === 0 ? false : `no mount namespace: ${tried.stderr?.toString().trim()}`;
}

export class SmallDisk {
  readonly folder: string;
  readonly #holder: ChildProcess;

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder;
    this.#holder = holder;
  }

  static async open(mebibytes: number): Promise<SmallDisk> {
    const folder = mkdtempSync(join(tmpdir(), "nearclone-disk-"));
    const script = `mount -t tmpfs -o size=${mebibytes}m none ${folder} && echo ready && exec cat`;
    const holder = spawn("unshare", [...UNSHARE, "sh", "-c", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    return new SmallDisk(folder, holder);
  }

  /** What comes before a command that is to see the disk. */
  get within(): readonly string[] {
    return ["nsenter", ...NSENTER, "-t", String(this.#holder.pid), "--"];
  }

  resize(mebibytes: number): void {
    this.#run("mount", "-o", `remount,size=${mebibytes}m`, this.folder);
  }

  /** Takes all room that is left. */
  fill(): void {
    this.#run("sh", "-c", `cat /dev/zero > ${this.folder}/ballast 2> /dev/null || true`);
  }

  empty(): void {
    this.#run("rm", "-f", `${this.folder}/ballast`);
  }

  /** Copies what is on it to where everybody sees it. */
  copyTo(folder: string): void {
    this.#run("cp", "-r", `${this.folder}/.`, folder);
  }

  async close(): Promise<void> {
    const gone = once(this.#holder, "exit");
    this.#holder.kill("SIGKILL");
    await gone;
    rmSync(this.folder, { recursive: true });
  }

  #run(...words: readonly string[]): void {
    const [first = "", ...rest] = [...this.within, ...words];
    const { status, stderr } = spawnSync(first, rest, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
  }
}
