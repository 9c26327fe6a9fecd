// The command line as a whole: commands, help, and what an error looks like.
import { Command, CommanderError } from "commander";
import { UserError } from "../schema/failure.ts";
import {
  cancelCommand, pauseCommand, priorityCommand, resumeCommand, retryCommand,
} from "./commands/control.ts";
import { coordinatorCommand } from "./commands/coordinator.ts";
import { dataCommand } from "./commands/data.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { exportCommand } from "./commands/export.ts";
import { logsCommand } from "./commands/logs.ts";
import { planCommand } from "./commands/plan.ts";
import { reportCommand } from "./commands/report.ts";
import { runCommand } from "./commands/run.ts";
import { schemaCommand } from "./commands/schema.ts";
import { serveCommand } from "./commands/serve.ts";
import { sqlCommand } from "./commands/sql.ts";
import { statusCommand } from "./commands/status.ts";
import { submitCommand } from "./commands/submit.ts";
import { upCommand } from "./commands/up.ts";
import { verifyCommand } from "./commands/verify.ts";
import { workerCommand } from "./commands/worker.ts";
import { workersCommand } from "./commands/workers.ts";
import { type Context, EXIT, type ExitCode, note } from "./context.ts";

const COMMANDS = [
  runCommand,
  planCommand,
  statusCommand,
  sqlCommand,
  serveCommand,
  exportCommand,
  reportCommand,
  verifyCommand,
  dataCommand,
  doctorCommand,
  schemaCommand,
  upCommand,
  coordinatorCommand,
  workerCommand,
  submitCommand,
  pauseCommand,
  resumeCommand,
  cancelCommand,
  priorityCommand,
  retryCommand,
  workersCommand,
  logsCommand,
] as const;

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
  const program = programOf(context, (given) => {
    code = given;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return codeOf(error, context);
  }
}

function programOf(context: Context, exit: (code: ExitCode) => void): Command {
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
  for (const make of COMMANDS) {
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
