// A compute process's side of the talk with its worker. It owns no socket and keeps nothing that
// must be saved, so it may end at any time, and does when its worker is gone.
import { failureOf, UserError } from "../schema/failure.ts";
import type { StudyOrder, TrainingProgress } from "../schema/job.ts";
import type { FromProcess, ToProcess } from "./compute-messages.ts";
import type { ComputePool, PoolOptions } from "./pool.ts";
import type { Answer, Hello } from "./task.ts";

/** Answers the process that forked this one, out of the pool that `open` makes. */
export function serveParent(open: (options: PoolOptions) => Promise<ComputePool>): void {
  // A terminal sends these to the worker too, and what follows from them is the worker's to say.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  // Also when the worker was killed. `process.exit` would wait for threads inside native code.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  const orders = new Map<number, StudyOrder>();
  let pool: ComputePool | undefined;
  const answer = async (message: ToProcess): Promise<void> => {
    switch (message.kind) {
      case "open":
        try {
          pool = await open(message.options);
          return say({ kind: "opened", answer: { ok: true, value: pool.hello } });
        } catch (error) {
          return say({ kind: "opened", answer: refusal(error) });
        }
      case "order":
        orders.set(message.id, message.order);
        return;
      case "forget":
        return orders.clear();
      case "measure": {
        const { task, number } = message;
        const order = orders.get(message.order);
        if (pool === undefined || order === undefined) throw new Error(`task ${task} out of turn`);
        say({ kind: "started", task });
        const onProgress = (progress: TrainingProgress): void => say({ kind: "progress", task, progress });
        return say({ kind: "measured", task, answer: await pool.measure(order, number, onProgress) });
      }
    }
  };
  // What rejects here is a bug: it ends this process, and the worker tells of it.
  process.on("message", (message: ToProcess) => void answer(message));
}

function refusal(error: unknown): Answer<Hello> {
  if (!(error instanceof UserError)) return { ok: false, failure: failureOf(error) };
  return { ok: false, failure: { kind: "bug", code: "user", message: error.message } };
}

function say(message: FromProcess): void {
  process.send?.(message);
}
