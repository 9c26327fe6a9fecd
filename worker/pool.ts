// The compute threads of one worker process, behind three questions: hello, load, measure.
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Piscina } from "piscina";
import type { SharedPool } from "../data/pool.ts";
import type { Failure } from "../schema/failure.ts";
import { UserError } from "../schema/failure.ts";
import type { StudyOrder, TrainingProgress } from "../schema/job.ts";
import { trainsNetworks } from "../schema/study.ts";
import { Recent } from "./recent.ts";
import type { Answer, Hello, Measured, Task, ThreadSettings } from "./task.ts";

export interface PoolOptions extends ThreadSettings {
  readonly threads: number;
}

export interface ComputePool {
  readonly threads: number;
  readonly hello: Hello;
  /**
   * Runs one job on a free thread. Never rejects: what goes wrong is a failure.
   * @param onProgress told after each measured epoch of a training run.
   */
  measure(
    order: StudyOrder,
    number: number,
    onProgress?: (progress: TrainingProgress) => void,
  ): Promise<Answer<Measured>>;
  /** Resolves once it can measure nothing any more. Absent where that cannot be. */
  readonly broken?: Promise<Error>;
  /** Ends the threads; jobs still running are abandoned. */
  close(): Promise<void>;
}

/** Data sets that stay in memory; those of jobs that run do anyhow. */
const SETS_MAX = 8;

/** Starts the threads and opens the provider. Throws UserError if the provider is not there. */
export async function openPool(options: PoolOptions): Promise<ComputePool> {
  const { threads, ...settings } = options;
  const piscina = new Piscina<Task, Answer<never>>({
    filename: new URL("./thread.js", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: settings satisfies ThreadSettings,
  });
  // A thread that is ended may still answer; piscina calls that an error. Tasks have their own.
  piscina.on("error", () => {});
  const hello = await ask<Hello>(piscina, { kind: "hello" });
  if (!hello.ok) {
    await piscina.destroy();
    throw new UserError(hello.failure.message);
  }
  const sets = new Recent<string, Promise<Answer<SharedPool | null>>>(SETS_MAX);
  // A data set is read once, into memory that all threads share.
  const dataOf = (order: StudyOrder): Promise<Answer<SharedPool | null>> => {
    const key = order.data?.fingerprint ?? "";
    const set = sets.get(key, () => ask<SharedPool | null>(piscina, { kind: "load", order }));
    void set.then((answer) => answer.ok || sets.drop(key, set));
    return set;
  };
  return {
    threads,
    hello: hello.value,
    async measure(order, number, onProgress) {
      const data = await dataOf(order);
      if (!data.ok) return data;
      const chosen = hello.value.backend?.name;
      const backend = chosen === undefined ? {} : { backend: chosen };
      const task = { kind: "measure", order, number, data: data.value, ...backend } as const;
      if (onProgress === undefined || !trainsNetworks(order.spec)) return ask<Measured>(piscina, task);
      const { port1, port2: progress } = new MessageChannel();
      port1.on("message", onProgress);
      const answer = await ask<Measured>(piscina, { ...task, progress }, [progress]);
      port1.close();
      return answer;
    },
    close: () => piscina.destroy(),
  };
}

/** `never` fits every answer: which one a task gets is said where it is asked. */
type Threads = Piscina<Task, Answer<never>>;

async function ask<T>(piscina: Threads, task: Task, transferList: MessagePort[] = []): Promise<Answer<T>> {
  try {
    return await piscina.run(task, { transferList });
  } catch (error) {
    return { ok: false, failure: threadFailure(error) };
  }
}

/** The thread itself ended: out of memory, or a native crash that spared the process. */
function threadFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const isMemory = /memory/i.test(message);
  return isMemory
    ? { kind: "resource", code: "out_of_memory", message }
    : { kind: "infrastructure", code: "thread_lost", message };
}
