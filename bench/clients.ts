// Clients of the dashboard's API, in a thread of their own, as browsers are elsewhere.
//
// Half ask for progress, half for jobs, each for a page of its own, so that no answer serves two of
// them; all at the same moments, four times a second.
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";

const PAUSE_MS = 250;

export const ClientsWords = z.object({ base: z.string(), clients: z.int(), forMs: z.number() });
export type ClientsWords = z.infer<typeof ClientsWords>;
/** Milliseconds of each answer, and how many requests were refused. */
export const ClientsReport = z.object({ times: z.array(z.number()), refused: z.int() });

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
if (parentPort !== null) parentPort.postMessage(await run(ClientsWords.parse(workerData)));

async function run({ base, clients, forMs }: ClientsWords): Promise<z.infer<typeof ClientsReport>> {
  const times: number[] = [];
  let refused = 0;
  const until = performance.now() + forMs;
  const client = async (path: string): Promise<void> => {
    while (performance.now() < until) {
      const from = performance.now();
      const response = await fetch(base + path);
      await response.arrayBuffer();
      if (response.status === 200) times.push(performance.now() - from);
      else refused++;
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) =>
    client(index % 2 === 0 ? "/progress" : `/jobs?limit=100&after=${index * 90}`)));
  return { times, refused };
}
