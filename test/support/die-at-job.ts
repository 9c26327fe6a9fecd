// Preloaded into a compute process by NODE_OPTIONS: dies whenever a job arrives, before the process
// has said that it began.
import { threadId } from "node:worker_threads";

const onMessage = (message: { readonly kind: string }): void => {
  if (message.kind === "measure") process.kill(process.pid, "SIGKILL");
};
// Not sooner: the first listener gets the messages that came before it, and must not be alone then.
const onListener = (event: string | symbol): void => {
  if (event !== "message") return;
  process.off("newListener", onListener);
  process.on("message", onMessage);
};
if (threadId === 0) process.on("newListener", onListener);
