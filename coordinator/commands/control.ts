// `nearclone pause`, `resume`, `cancel`, `priority`, `retry`: what a user wants of a stored study.
//
// They change the database; whoever runs the study looks at it twice a second and acts.
import { Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../../schema/failure.ts";
import type { DesiredState } from "../../schema/state.ts";
import { type Context, print } from "../context.ts";
import { countText, plural } from "../face/number.ts";
import { findStudy } from "../find-study.ts";
import { openExisting } from "../open-existing.ts";
import type { Store, StoredStudy } from "../store/port.ts";
import { databaseOption, integerFrom, withExamples } from "./option.ts";

interface ControlOptions {
  readonly database?: string;
}

type Act = (store: Store, study: StoredStudy) => Promise<string>;

async function control(context: Context, wanted: string, { database }: ControlOptions, act: Act): Promise<void> {
  const store = await openExisting(context, database);
  try {
    const study = await findStudy(store, wanted, context.cwd);
    print(context, `${study.order.spec.name}: ${await act(store, study)}`);
  } finally {
    await store.close();
  }
}

function studyCommand(name: string, description: string): Command {
  return new Command(name).description(description)
    .argument("<study>", "name, key, or study file").addOption(databaseOption());
}

function desiredCommand(context: Context, name: string, description: string, desired: DesiredState): Command {
  const command = studyCommand(name, description).action((wanted: string, options: ControlOptions) =>
    control(context, wanted, options, async (store, { order, finishedAt }) => {
      if (finishedAt !== null) throw new UserError(`study "${order.spec.name}" is complete: nothing to ${name}`);
      await store.setDesired(order.key, desired);
      return desired;
    }));
  return withExamples(command, `nearclone ${name} mnist-rbf`);
}

export const pauseCommand = (context: Context): Command =>
  desiredCommand(context, "pause", "publish no more jobs of a study; those that run are finished and stored", "paused");

export const resumeCommand = (context: Context): Command =>
  desiredCommand(context, "resume", "go on with a paused or cancelled study", "active");

export const cancelCommand = (context: Context): Command =>
  desiredCommand(context, "cancel", "give a study up; what is stored stays, and resume revives it", "cancelled");

export function priorityCommand(context: Context): Command {
  const command = studyCommand("priority", "how much of the workers a study gets beside others")
    .argument("<n>", "each step up doubles the share; 0 at first", priorityOf)
    .action((wanted: string, priority: number, options: ControlOptions) =>
      control(context, wanted, options, async (store, { order }) => {
        await store.setPriority(order.key, priority);
        return `priority ${priority}`;
      }));
  return withExamples(command, "nearclone priority mnist-rbf 3", "nearclone priority mnist-rbf -- -2");
}

export function priorityOf(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Math.abs(value) <= 30) return value;
  throw new InvalidArgumentError("Expected an integer from -30 to 30.");
}

interface RetryOptions extends ControlOptions {
  readonly dead?: boolean;
  readonly job?: number;
}

export function retryCommand(context: Context): Command {
  const command = studyCommand("retry", "give dead jobs new attempts")
    .addOption(new Option("--dead", "all dead jobs of the study"))
    .addOption(new Option("--job <n>", "one of them").argParser(integerFrom(0, 2_000_000_000)).conflicts("dead"))
    .action((wanted: string, options: RetryOptions) => {
      if (options.dead !== true && options.job === undefined) {
        throw new UserError("retry: which jobs? expected --dead for all dead ones, or --job N");
      }
      return control(context, wanted, options, (store, study) => retry(store, study, options.job));
    });
  return withExamples(command, "nearclone retry mnist-rbf --dead", "nearclone retry mnist-rbf --job 17");
}

async function retry(store: Store, { order }: StoredStudy, job: number | undefined): Promise<string> {
  const { key, plan } = order;
  if (job !== undefined && job >= plan.jobs) {
    throw new UserError(`job ${job}: the study has jobs 0 to ${plan.jobs - 1}`);
  }
  const revived = await store.retryDead(key, job === undefined ? undefined : [job]);
  if (revived > 0) return `${plural(revived, "dead job")} ${revived === 1 ? "gets" : "get"} new attempts`;
  const { jobs } = await store.progress(key);
  if (job === undefined || jobs.dead === 0) throw new UserError(`study "${order.spec.name}" has no dead job`);
  throw new UserError(`job ${job} is not dead; ${countText(jobs.dead)} others are: nearclone status lists them`);
}
