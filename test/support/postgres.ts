// A throw-away Postgres server for a test file: a cluster in a temporary folder, gone at its end.
//
// It answers on 127.0.0.1 at a port of its own, trusts everyone, and keeps nothing through a power
// cut. Root cannot run Postgres, so root runs it as the user `postgres`.
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INSTALL_LINE } from "./packages.ts";

export interface TestPostgres {
  /** postgres://postgres@127.0.0.1:port/postgres */
  readonly url: string;
  readonly port: number;
  /** Stops the server: `fast` says goodbye to its clients, `immediate` is a crash. */
  stop(mode?: "fast" | "immediate"): void;
  /** Starts it again, at the same port, with what was stored. */
  start(): void;
  /** Stops it and removes its files. */
  remove(): void;
}

const DEBIAN_FOLDER = "/usr/lib/postgresql";

/** Another folder of initdb and pg_ctl than those below, to test against other versions. */
const GIVEN_FOLDER = process.env["NEARCLONE_POSTGRES_BIN"] ?? null;

/** The folder of initdb and pg_ctl: Debian's newest, or the PATH's; null if there is none. */
function programFolder(): string | null {
  if (GIVEN_FOLDER !== null) return GIVEN_FOLDER;
  if (existsSync(DEBIAN_FOLDER)) {
    const versions = readdirSync(DEBIAN_FOLDER).filter((v) =>
      existsSync(join(DEBIAN_FOLDER, v, "bin/initdb")),
    );
    const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
    if (newest !== undefined) return join(DEBIAN_FOLDER, newest, "bin");
  }
  const found = spawnSync("sh", ["-c", "dirname $(command -v initdb)"], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : null;
}

/** Why a test that needs Postgres skips, or false where it is there. */
export const skipWithoutPostgres: string | false =
  programFolder() === null && `no initdb found: ${INSTALL_LINE}`;

const isRoot = process.getuid?.() === 0;

/** Starts a server; `settings` are postgresql.conf's, such as `{ max_connections: 5 }`. */
export async function startPostgres(
  settings: Readonly<Record<string, string | number>> = {},
): Promise<TestPostgres> {
  const programs = programFolder();
  if (programs === null) throw new Error(String(skipWithoutPostgres));
  const folder = mkdtempSync(join(tmpdir(), "nearclone-pg-"));
  if (isRoot) chownSync(folder, ...userIds("postgres"));
  const data = join(folder, "data");
  const run = (program: string, args: readonly string[]): void =>
    runAsUser(join(programs, program), args);
  run("initdb", [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
  ]);
  const port = await freePort();
  const options = Object.entries({
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
    max_connections: 40,
    ...settings,
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const start = (): void =>
    run("pg_ctl", [
      "-D",
      data,
      "-l",
      join(folder, "log"),
      "-o",
      options.join(" "),
      "-w",
      "-s",
      "start",
    ]);
  const stop = (mode: "fast" | "immediate" = "immediate"): void => {
    if (existsSync(join(data, "postmaster.pid")))
      run("pg_ctl", ["-D", data, "-m", mode, "-w", "-s", "stop"]);
  };
  const remove = (): void => {
    stop();
    rmSync(folder, { recursive: true, force: true });
    process.off("exit", remove);
  };
  process.on("exit", remove);
  start();
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, port, stop, start, remove };
}

function runAsUser(program: string, args: readonly string[]): void {
  const [command, ...rest] = isRoot
    ? ["runuser", "-u", "postgres", "--", program, ...args]
    : [program, ...args];
  // Not with pipes: the server would inherit them, and this would wait until it ends.
  const result = spawnSync(command ?? program, rest, { cwd: "/", stdio: "ignore" });
  if (result.status !== 0)
    throw new Error(`${[command, ...rest].join(" ")}: exit ${result.status}`);
}

function userIds(name: string): [number, number] {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , user, group] = line?.split(":") ?? [];
  if (user === undefined || group === undefined)
    throw new Error(`no user ${name} to run Postgres as`);
  return [Number(user), Number(group)];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
