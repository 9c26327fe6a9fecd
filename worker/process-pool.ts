// Compute threads in a process of their own, so that a crash of native code, or the kernel when
// memory runs out, costs that process's jobs and not the worker.
//
// Who killed the process? A job that ran alone is told so by a failure. Where several ran, each
// runs again alone, the others waiting, so that only the guilty one burns an attempt.
//
// Invariants: `measure` settles exactly once, and never rejects; while a suspect runs nothing else
// does; there is at most one process, and after LOSSES_MAX of them in a row none any more.
import { UserError } from "../schema/failure.ts";
import type { Failure } from "../schema/failure.ts";
import type { StudyOrder, TrainingProgress } from "../schema/job.ts";
import { type ComputeChild, type Environment, startChild } from "./compute-child.ts";
import type { FromProcess } from "./compute-messages.ts";
import type { ComputePool, PoolOptions } from "./pool.ts";
import type { Answer, Hello, Measured } from "./task.ts";

export interface ProcessPoolOptions extends PoolOptions {
  /** For the process, on top of this one's: CUDA_VISIBLE_DEVICES where each GPU has its own. */
  readonly environment?: Environment;
  /** Gets each line that the process prints, and a line for each process lost. */
  readonly onLine: (line: string) => void;
  /** Another program than compute-process.ts, for tests. */
  readonly entry?: URL;
}

export interface ProcessPool extends ComputePool {
  readonly broken: Promise<Error>;
  /** The process that runs now; undefined between two. */
  readonly pid: number | undefined;
}

/** Processes lost without a finished job between them, after which there is no sense in another. */
const LOSSES_MAX = 7;
const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 5_000;
/** For a driver that hangs while it is opened. */
const OPEN_MS_MAX = 120_000;
/** Orders that the process may keep. */
const ORDERS_MAX = 64;
const ENTRY = new URL("./compute-process.js", import.meta.url);

/**
 * Starts the process and its threads. Throws UserError if the provider is not there, or if the
 * process dies while it opens it.
 */
export async function openProcessPool(options: ProcessPoolOptions): Promise<ProcessPool> {
  const pool = new Pool(options);
  await pool.opened;
  return pool;
}

interface Task {
  readonly order: StudyOrder;
  readonly number: number;
  readonly onProgress: (progress: TrainingProgress) => void;
  isStarted: boolean;
  readonly settle: (answer: Answer<Measured>) => void;
}

class Pool implements ProcessPool {
  readonly threads: number;
  readonly opened: Promise<void>;
  readonly broken: Promise<Error>;
  readonly #options: ProcessPoolOptions;
  #child: ComputeChild | null = null;
  /** Whether `#child` has opened its threads. */
  #isReady = false;
  /** Whether `#child` is being ended by us, to have another. */
  #isRenewed = false;
  #hello: Hello | null = null;
  /** Sent to the process, by id. */
  readonly #running = new Map<number, Task>();
  /** Ran together when a process died; each has to run alone. */
  readonly #suspects: Task[] = [];
  readonly #waiting: Task[] = [];
  #isAlone = false;
  /** Ids of the orders that the process has. */
  readonly #orders = new Map<StudyOrder, number>();
  #lastId = 0;
  #losses = 0;
  /** Until the next process is started, or until one that opens is given up. */
  #timer: NodeJS.Timeout | undefined;
  /** Why nothing is measured any more. */
  #end: Failure | null = null;
  #whenOpened: (refused: UserError | null) => void = () => undefined;
  #whenBroken: (error: Error) => void = () => undefined;
  readonly #whenGone: (() => void)[] = [];

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
    this.threads = options.threads;
    this.opened = new Promise((resolve, reject) => {
      this.#whenOpened = (refused) => (refused === null ? resolve() : reject(refused));
    });
    this.broken = new Promise((resolve) => (this.#whenBroken = resolve));
    this.#start();
  }

  get hello(): Hello {
    if (this.#hello === null) throw new Error("the compute process has not opened yet");
    return this.#hello;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  measure(
    order: StudyOrder,
    number: number,
    onProgress: (progress: TrainingProgress) => void = () => undefined,
  ): Promise<Answer<Measured>> {
    return new Promise((settle) => {
      this.#waiting.push({ order, number, onProgress, isStarted: false, settle });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#finish({ kind: "infrastructure", code: "process_lost", message: "the worker ends" });
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => this.#whenGone.push(resolve));
    child.kill();
    await gone;
  }

  #start(): void {
    const { environment = {}, onLine, entry = ENTRY, threads } = this.#options;
    const { provider, blasPath, cacheBytes, cuda, backend, fileCache, checkpointFolder } = this.#options;
    this.#isReady = false;
    this.#orders.clear();
    this.#child = startChild({
      entry, environment, onLine,
      onMessage: (message) => this.#hear(message),
      onEnd: (why) => this.#lose(why),
    });
    // Only what can be cloned: the other options hold functions.
    const options: PoolOptions = {
      threads, provider, blasPath, cacheBytes,
      ...(cuda === undefined ? {} : { cuda }),
      ...(fileCache === undefined ? {} : { fileCache }),
      ...(backend === undefined ? {} : { backend }),
      ...(checkpointFolder === undefined ? {} : { checkpointFolder }),
    };
    this.#child.send({ kind: "open", options });
    this.#timer = setTimeout(() => this.#open(tooSlow), OPEN_MS_MAX);
  }

  #hear(message: FromProcess): void {
    if (message.kind === "opened") return this.#open(message.answer);
    const task = this.#running.get(message.task);
    if (task === undefined) return;
    if (message.kind === "started") {
      task.isStarted = true;
      return;
    }
    if (message.kind === "progress") return task.onProgress(message.progress);
    this.#running.delete(message.task);
    const isDeviceLost = hasLostDevice(message.answer);
    if (!isDeviceLost) this.#losses = 0;
    task.settle(message.answer);
    if (isDeviceLost) this.#renew();
    else this.#dispatch();
  }

  /** Most errors of a device stay with the process that met them: jobs go to a fresh one. */
  #renew(): void {
    this.#isReady = false;
    this.#isRenewed = true;
    this.#child?.kill();
  }

  #open(answer: Answer<Hello>): void {
    clearTimeout(this.#timer);
    if (answer.ok) {
      this.#hello = answer.value;
      this.#isReady = true;
      this.#whenOpened(null);
      return this.#dispatch();
    }
    const { message } = answer.failure;
    // The first one decides whether this worker can work at all; a later one is tried again.
    if (this.#hello === null) this.#refuse(message);
    else this.#options.onLine(message);
    this.#child?.kill();
  }

  #refuse(message: string): void {
    this.#end = { kind: "bug", code: "user", message };
    this.#whenOpened(new UserError(message));
  }

  #dispatch(): void {
    if (this.#end !== null) return this.#finish(this.#end);
    if (this.#child === null || !this.#isReady) return;
    if (this.#running.size === 0) this.#isAlone = false;
    if (this.#isAlone) return;
    if (this.#suspects.length > 0) {
      if (this.#running.size > 0) return;
      this.#isAlone = true;
      return this.#run(this.#child, this.#suspects.shift());
    }
    while (this.#running.size < this.threads && this.#waiting.length > 0) {
      this.#run(this.#child, this.#waiting.shift());
    }
  }

  #run(child: ComputeChild, task: Task | undefined): void {
    if (task === undefined) return;
    const { number } = task;
    const order = this.#orderId(child, task.order);
    this.#lastId += 1;
    task.isStarted = false;
    this.#running.set(this.#lastId, task);
    child.send({ kind: "measure", task: this.#lastId, order, number });
  }

  #orderId(child: ComputeChild, order: StudyOrder): number {
    const known = this.#orders.get(order);
    if (known !== undefined) return known;
    if (this.#orders.size >= ORDERS_MAX) {
      child.send({ kind: "forget" });
      this.#orders.clear();
    }
    this.#lastId += 1;
    this.#orders.set(order, this.#lastId);
    child.send({ kind: "order", id: this.#lastId, order });
    return this.#lastId;
  }

  /** The process ended: finds the guilty, or sets out to. */
  #lose(why: string): void {
    clearTimeout(this.#timer);
    this.#child = null;
    this.#isAlone = false;
    for (const resolve of this.#whenGone.splice(0)) resolve();
    const message = this.#isRenewed ? "compute process ended after its device failed"
      : `compute process ended by ${why}`;
    this.#isRenewed = false;
    if (this.#hello === null && this.#end === null) this.#refuse(`${message} before it was ready`);
    if (this.#end !== null) return this.#finish(this.#end);
    this.#losses += 1;
    const lost = [...this.#running.values()];
    this.#running.clear();
    this.#options.onLine(`${message}${during(lost)}`);
    const [first] = lost;
    if (lost.length === 1 && first?.isStarted === true) {
      const provider = this.#hello?.provider ?? "?";
      first.settle(failed(`${message} while it ran this job alone (${provider})`));
    } else {
      this.#suspects.push(...lost);
    }
    if (this.#losses >= LOSSES_MAX) return this.#break(message);
    const waitMs = Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** (this.#losses - 2));
    // The first loss is an accident, and jobs are waiting.
    this.#timer = setTimeout(() => this.#start(), this.#losses === 1 ? 0 : waitMs);
  }

  #break(last: string): void {
    const message = `${last}, the ${LOSSES_MAX}th in a row without a finished job`;
    this.#end = { kind: "infrastructure", code: "process_lost", message };
    this.#whenBroken(new Error(message));
    // Whoever heard of it gives the jobs back before they count as failed here.
    setImmediate(() => this.#dispatch());
  }

  /** Settles all that is left. */
  #finish(failure: Failure): void {
    this.#end = failure;
    const left = [...this.#running.values(), ...this.#suspects.splice(0), ...this.#waiting.splice(0)];
    this.#running.clear();
    for (const task of left) task.settle({ ok: false, failure });
  }
}

/** A job that runs out of device memory is no sign of it, nor is a network's failure. */
function hasLostDevice(answer: Answer<Measured>): boolean {
  return !answer.ok && answer.failure.kind === "infrastructure" && answer.failure.code === "device_failed";
}

const tooSlow = failed(`the compute process was not ready after ${OPEN_MS_MAX / 1000} s`);

function failed(message: string): Answer<never> {
  return { ok: false, failure: { kind: "infrastructure", code: "process_lost", message } };
}

function during(lost: readonly Task[]): string {
  const jobs = lost.map(({ number }) => number).join(", ");
  if (lost.length === 0) return " while it was idle";
  return lost.length === 1 ? ` with job ${jobs}` : ` with jobs ${jobs}: each runs again alone`;
}
