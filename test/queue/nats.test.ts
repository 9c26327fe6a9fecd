import { after } from "node:test";
import { connectCoordinatorQueue, connectWorkerQueue } from "../../queue/nats.ts";
import { examineQueue } from "../contract/queue.ts";
import { startNats } from "../support/nats.ts";

const LEASE_MS = 600;
const PRESENCE_LAPSE_MS = 300;
const times = { leaseMs: LEASE_MS, presenceLapseMs: PRESENCE_LAPSE_MS };
const server = await startNats();
after(() => server.close());
let count = 0;

examineQueue("nats", async () => {
  const common = { servers: server.url, prefix: `exam${count++}`, version: "0.1.0", times, onEvent: (e: object) => console.log(e) };
  const coordinator = await connectCoordinatorQueue({ ...common, name: "c", cluster: "one" });
  const worker = await connectWorkerQueue({ ...common, name: "w" });
  return {
    worker,
    coordinator,
    leaseMs: LEASE_MS,
    presenceLapseMs: PRESENCE_LAPSE_MS,
    elapse: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: async () => {
      await worker.close();
      await coordinator.close();
    },
  };
});
