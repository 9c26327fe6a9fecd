// The `nearclone` command: the one place that knows the process it runs in.
import { readFileSync } from "node:fs";
import { availableParallelism, homedir, totalmem } from "node:os";
import { basename, relative, resolve } from "node:path";
import type { WriteStream } from "node:tty";
import { realClock } from "../queue/clock.ts";
import { type Context, EXIT, type Screen, TIED } from "./context.ts";
import { runProgram } from "./program.ts";

const DEFAULT_COLUMNS = 80;

/** A reader that has seen enough (`| head`) is no error. */
function endQuietlyWithoutReader(stream: WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.ok);
  });
}

function screenOf(stream: WriteStream): Screen {
  return {
    write: (text) => void stream.write(text),
    get isTerminal() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns > 0 ? stream.columns : DEFAULT_COLUMNS;
    },
  };
}

function packageVersion(): string {
  // dist/coordinator/main.js → package.json
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? "unknown";
}

/** How a user who came here comes here again: installed, by npx, or in a clone of the repository. */
function programName(): string {
  const script = process.argv[1] ?? "nearclone";
  const byNpx = process.env["npm_command"] === "exec";
  if (!basename(script).endsWith(".js")) return byNpx ? "npx nearclone" : "nearclone";
  const isOwnFolder = resolve("bin/nearclone.js") === script;
  return isOwnFolder || byNpx ? "npx nearclone" : `node ${relative(process.cwd(), script)}`;
}

/** Ctrl-C, and SIGTERM as container runtimes send it; the third ends the process at once. */
function onInterrupt(listener: () => void): () => void {
  let count = 0;
  const heard = (): void => {
    count++;
    if (count > 2) process.exit(EXIT.interrupted);
    listener();
  };
  process.on("SIGINT", heard);
  process.on("SIGTERM", heard);
  if (process.env[TIED] === "1") process.stdin.once("end", heard).resume().unref();
  return () => {
    process.off("SIGINT", heard);
    process.off("SIGTERM", heard);
  };
}

// TensorFlow's library greets on standard error; warnings and errors still come through.
process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "1";
endQuietlyWithoutReader(process.stdout);
endQuietlyWithoutReader(process.stderr);

const context: Context = {
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  version: packageVersion(),
  program: programName(),
  script: process.argv[1] ?? "nearclone",
  cores: availableParallelism(),
  // In a container its limit, which may be none.
  memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  clock: realClock,
  stdout: screenOf(process.stdout),
  stderr: screenOf(process.stderr),
  onInterrupt,
};

process.exitCode = await runProgram(process.argv.slice(2), context);
