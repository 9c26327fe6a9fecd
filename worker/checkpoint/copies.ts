// Copies of checkpoints in the queue: a machine that is lost takes its folder with it, and whoever
// gets the job next goes on from the copy.
//
// A compute thread saves to the folder, and never waits for the broker. This looks at the folder
// every while, on the worker's main thread, and sends what changed; before a job begins it puts the
// copy there, unless the folder knows more. The coordinator drops copies once a job's rows are stored.
//
// Invariant: a copy that cannot be sent or fetched costs time, never a job.
import { type Clock, pause } from "../../queue/clock.ts";
import type { WorkerQueue } from "../../queue/port.ts";
import { EXPERIMENTS } from "../../schema/experiments/registry.ts";
import { failureOf } from "../../schema/failure.ts";
import { pointsOfBox } from "../../schema/grid.ts";
import type { Job, StudyOrder } from "../../schema/job.ts";
import { CHECKPOINT_BYTES_MAX } from "../../schema/limits.ts";
import { boxOfJob } from "../../schema/plan.ts";
import { trainsNetworks } from "../../schema/study.ts";
import { decodeCheckpoint } from "../experiments/network/checkpoint.ts";
import { bundle, type NamedCheckpoint, unbundle } from "./bundle.ts";
import { type CheckpointFile, checkpointFiles, folderCheckpoints } from "./folder.ts";
import { checkpointOwner } from "./name.ts";
import type { CheckpointStore } from "./store.ts";

/** Where a run that begins goes on. */
export interface FoundCheckpoint {
  readonly job: Job;
  readonly point: number;
  /** What trained it: another backend starts anew. */
  readonly backend: string;
  /** Epochs done. */
  readonly epoch: number;
  /** Whether it came over the queue, or lay in the folder. */
  readonly isCopy: boolean;
}

export interface CheckpointCopiesOptions {
  readonly folder: string;
  readonly queue: Pick<WorkerQueue, "saveCheckpoint" | "loadCheckpoint">;
  readonly clock: Clock;
  /** How often the folder is looked at. */
  readonly everyMs: number;
  readonly onFound: (found: FoundCheckpoint) => void;
  readonly warn: (message: string) => void;
}

/** What a job that is given back waits for its last copy. */
const LEAVE_MS_MAX = 5_000;

interface Copied {
  readonly job: Job;
  readonly isMine: (name: string) => boolean;
  readonly giveUp: AbortController;
  /** What was sent last: names, times and sizes. */
  sent: string;
  /** The look under way. */
  looking: Promise<void>;
  cancel: () => void;
  hasLeft: boolean;
  isToldOf: boolean;
}

export class CheckpointCopies {
  readonly #options: CheckpointCopiesOptions;
  readonly #folder: CheckpointStore;
  readonly #jobs = new Map<Job, Copied>();

  constructor(options: CheckpointCopiesOptions) {
    this.#options = options;
    this.#folder = folderCheckpoints(options.folder);
  }

  /** Before a job is measured: puts its copies into the folder, and sends from then on what changes. */
  async begin(order: StudyOrder, job: Job): Promise<void> {
    if (!trainsNetworks(order.spec)) return;
    const copied: Copied = {
      job, isMine: ownership(order, job), giveUp: new AbortController(), sent: "",
      looking: Promise.resolve(), cancel: () => undefined, hasLeft: false, isToldOf: false,
    };
    this.#jobs.set(job, copied);
    try {
      await this.#fetch(copied);
    } catch (error) {
      this.#warn(copied, `not fetched: ${failureOf(error).message}`);
    }
    this.#lookLater(copied);
  }

  /** After a job: of one that is not done the last state is sent for whoever gets it next. */
  async leave(job: Job, isDone: boolean): Promise<void> {
    const copied = this.#jobs.get(job);
    if (copied === undefined) return;
    this.#jobs.delete(job);
    copied.hasLeft = true;
    copied.cancel();
    if (!isDone) {
      const sent = copied.looking.then(() => this.#look(copied));
      await Promise.race([sent, pause(this.#options.clock, LEAVE_MS_MAX, copied.giveUp.signal)]);
    }
    copied.giveUp.abort();
    await copied.looking;
  }

  async #fetch(copied: Copied): Promise<void> {
    const { queue, folder, onFound } = this.#options;
    const { job, isMine } = copied;
    const bytes = await queue.loadCheckpoint(job);
    const came = new Set<string>();
    for (const { name, bytes: copy } of bytes === null ? [] : (unbundle(bytes) ?? [])) {
      const epoch = isMine(name) ? epochOf({ name, bytes: copy }) : null;
      if (epoch === null || epoch <= (await this.#epochHere(name))) continue;
      await this.#folder.save(name, copy);
      came.add(name);
    }
    for (const { name } of (await checkpointFiles(folder)).filter((file) => isMine(file.name))) {
      const [epoch, owner] = [await this.#epochHere(name), checkpointOwner(name)];
      if (epoch < 0 || owner === null) continue;
      onFound({ job, point: owner.point, backend: owner.backend, epoch, isCopy: came.has(name) });
    }
  }

  /** Of the folder's checkpoint; −1 where it has none. */
  async #epochHere(name: string): Promise<number> {
    const bytes = await this.#folder.load(name);
    return (bytes === null ? null : epochOf({ name, bytes })) ?? -1;
  }

  #lookLater(copied: Copied): void {
    const { clock, everyMs } = this.#options;
    if (copied.hasLeft) return;
    copied.cancel = clock.after(everyMs, () => {
      copied.looking = this.#look(copied).then(() => this.#lookLater(copied));
    });
  }

  /** Sends the job's checkpoints if they changed. Never rejects. */
  async #look(copied: Copied): Promise<void> {
    const { folder, queue } = this.#options;
    const { job, isMine, giveUp } = copied;
    try {
      const files = (await checkpointFiles(folder)).filter(({ name }) => isMine(name));
      const state = files.map(({ name, bytes, changedMs }) => `${name} ${bytes} ${changedMs}`).join("\n");
      if (state === copied.sent || files.length === 0 || giveUp.signal.aborted) return;
      const bytes = bundle(await this.#read(files));
      const kept = await queue.saveCheckpoint(job, bytes, giveUp.signal);
      // One that is too large is not looked at again until it changes.
      if (kept.ok || bytes.length > CHECKPOINT_BYTES_MAX) copied.sent = state;
      if (!kept.ok && !giveUp.signal.aborted) this.#warn(copied, `not sent: ${kept.why}`);
    } catch (error) {
      this.#warn(copied, `not sent: ${failureOf(error).message}`);
    }
  }

  async #read(files: readonly CheckpointFile[]): Promise<NamedCheckpoint[]> {
    const read = await Promise.all(files.map(async ({ name }) => ({ name, bytes: await this.#folder.load(name) })));
    return read.flatMap(({ name, bytes }) => (bytes === null ? [] : [{ name, bytes }]));
  }

  /** Once a job: the next look tries again. */
  #warn(copied: Copied, why: string): void {
    if (copied.isToldOf) return;
    copied.isToldOf = true;
    this.#options.warn(`job ${copied.job.number}: its checkpoint's copy was ${why}`);
  }
}

/** Whether a name is that of a run of the job, by this build's experiment. */
function ownership({ spec, plan }: StudyOrder, job: Job): (name: string) => boolean {
  const points = new Set(pointsOfBox(boxOfJob(plan, job.number), plan.sizes));
  const { version } = EXPERIMENTS[spec.experiment];
  return (name) => {
    const owner = checkpointOwner(name);
    return owner !== null && owner.study === job.study && owner.version === version && points.has(owner.point);
  };
}

/** null for what is no whole checkpoint of that name. */
function epochOf({ name, bytes }: NamedCheckpoint): number | null {
  const checkpoint = decodeCheckpoint(bytes);
  return checkpoint === null || checkpoint.run !== name ? null : checkpoint.epoch;
}
