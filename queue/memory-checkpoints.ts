// Checkpoints of training jobs within one process: see WorkerQueue.saveCheckpoint.
import type { Job } from "../schema/job.ts";
import { tooLarge } from "./checkpoint-size.ts";
import type { CoordinatorQueue, WorkerQueue } from "./port.ts";

export interface MemoryCheckpoints {
  readonly worker: Pick<WorkerQueue, "saveCheckpoint" | "loadCheckpoint">;
  readonly drop: CoordinatorQueue["dropCheckpoints"];
}

export function memoryCheckpoints(): MemoryCheckpoints {
  const kept = new Map<string, Uint8Array>();
  const idOf = ({ study, number }: Job): string => `${study}/${number}`;
  return {
    worker: {
      async saveCheckpoint(job, bytes, signal) {
        const refusal = signal.aborted ? ({ ok: false, why: "given up" } as const) : tooLarge(bytes);
        if (refusal === null) kept.set(idOf(job), bytes.slice());
        return refusal ?? { ok: true };
      },
      loadCheckpoint: async (job) => kept.get(idOf(job))?.slice() ?? null,
    },
    async drop(study, number) {
      for (const id of kept.keys()) {
        const isMeant = number === undefined ? id.startsWith(`${study}/`) : id === `${study}/${number}`;
        if (isMeant) kept.delete(id);
      }
    },
  };
}
