// Preloaded into a compute process by NODE_OPTIONS: dies of every job that it has begun.
import { threadId } from "node:worker_threads";

const send = process.send?.bind(process);
if (threadId === 0 && send !== undefined) {
  process.send = (message: { readonly kind: string }): boolean => {
    if (message.kind !== "started") return send(message);
    // Only once the word is out: who dies without it did not die of the job.
    return send(message, undefined, undefined, () => process.kill(process.pid, "SIGKILL"));
  };
}
