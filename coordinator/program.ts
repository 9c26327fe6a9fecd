// The command line as a whole: commands, help, and what an error looks like.
import { Command, CommanderError } from "commander";
import { UserError } from "../schema/failure.ts";
import type { MakeCommand } from "./commands/option.ts";
import { type Context, EXIT, type ExitCode, note } from "./context.ts";

/** A command's modules are loaded where it is the one asked for, or where all are to be listed. */
const COMMANDS: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  run: async () => (await import("./commands/run.ts")).runCommand,
  plan: async () => (await import("./commands/plan.ts")).planCommand,
  status: async () => (await import("./commands/status.ts")).statusCommand,
  sql: async () => (await import("./commands/sql.ts")).sqlCommand,
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  report: async () => (await import("./commands/report.ts")).reportCommand,
  verify: async () => (await import("./commands/verify.ts")).verifyCommand,
  data: async () => (await import("./commands/data.ts")).dataCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  schema: async () => (await import("./commands/schema.ts")).schemaCommand,
  up: async () => (await import("./commands/up.ts")).upCommand,
  coordinator: async () => (await import("./commands/coordinator.ts")).coordinatorCommand,
  worker: async () => (await import("./commands/worker.ts")).workerCommand,
  submit: async () => (await import("./commands/submit.ts")).submitCommand,
  pause: async () => (await import("./commands/control.ts")).pauseCommand,
  resume: async () => (await import("./commands/control.ts")).resumeCommand,
  cancel: async () => (await import("./commands/control.ts")).cancelCommand,
  priority: async () => (await import("./commands/control.ts")).priorityCommand,
  retry: async () => (await import("./commands/control.ts")).retryCommand,
  workers: async () => (await import("./commands/workers.ts")).workersCommand,
  logs: async () => (await import("./commands/logs.ts")).logsCommand,
};

const EXAMPLES = `
Examples:
  nearclone run studies/quickstart.yaml
  nearclone plan studies/million.yaml
  nearclone sql "select ridge, avg(attack_success_rate) from krr group by 1 order by 1"
  nearclone doctor
  nearclone up                                     a cluster on this machine, to try it out

The database is the folder .nearclone/db unless --database or NEARCLONE_DATABASE names another
folder or a server (postgres://…). NEARCLONE_HOME moves .nearclone, NEARCLONE_DATA the downloaded
data sets. Exit code: 0 done, 1 something failed or is incomplete, 2 something to put right in the
command or a file, 130 interrupted.`;

/** Runs one command line and returns the process' exit code. Never throws. */
export async function runProgram(
  args: readonly string[],
  context: Context,
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  try {
    const [first = ""] = args;
    const wanted = Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS);
    const program = await programOf(wanted, context, (given) => {
      code = given;
    });
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return codeOf(error, context);
  }
}

async function programOf(
  names: readonly string[],
  context: Context,
  exit: (code: ExitCode) => void,
): Promise<Command> {
  const program = new Command("nearclone")
    .description(
      "Phase diagrams of backdoor poisoning: exact kernel sweeps from one study file to SQL rows.",
    )
    .version(context.version, "-V, --version")
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ helpWidth: Math.min(context.stdout.columns, 100) })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(`${oneLine(text)}\n`),
    });
  for (const name of names) {
    const make = await COMMANDS[name]?.();
    if (make === undefined) throw new RangeError(`${name}: expected one of ${Object.keys(COMMANDS).join(", ")}`);
    const command = make(context, exit).copyInheritedSettings(program);
    for (const child of command.commands) child.copyInheritedSettings(program);
    program.addCommand(command);
  }
  return program;
}

/** Commander puts its suggestion on a second line. */
function oneLine(text: string): string {
  return text.trim().replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
}

function codeOf(error: unknown, context: Context): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.user;
  if (error instanceof UserError) {
    note(context, error.message);
    return EXIT.user;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  note(context, `nearclone ${context.version} met an error nobody foresaw: please report it`, text);
  return EXIT.failed;
}
