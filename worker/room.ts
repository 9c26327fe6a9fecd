// A worker's memory, shared out among the jobs that it runs.
//
// Invariant: what is taken is at most `memoryBytes`, except that one job may always run alone if it
// fits at all. Small jobs are bounded by slots; each counts for SMALL_BYTES or its slot's share.
import { demandOfSize, hostBytesOn, type JobSize, jobsAtOnce, type Machine, SMALL } from "../schema/demand.ts";
import type { Fit, Room } from "../queue/port.ts";

export class MemoryRoom implements Room {
  readonly #machine: Machine;
  #takenBytes = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  fitOf(size: JobSize): Fit {
    if (jobsAtOnce(size, this.#machine) === 0) return "never";
    return this.free(size) > 0 ? "now" : "later";
  }

  free(size: JobSize): number {
    if (jobsAtOnce(size, this.#machine) === 0) return 0;
    const free = Math.floor((this.#machine.memoryBytes - this.#takenBytes) / this.#bytesOf(size));
    return Math.max(free, this.#takenBytes === 0 ? 1 : 0);
  }

  take(size: JobSize): void {
    this.#takenBytes += this.#bytesOf(size);
  }

  /** To be called once for each `take`, when the job has ended. */
  giveBack(size: JobSize): void {
    this.#takenBytes -= this.#bytesOf(size);
  }

  #bytesOf(size: JobSize): number {
    const bytes = hostBytesOn(demandOfSize(size), this.#machine);
    const { memoryBytes, slots } = this.#machine;
    return size === SMALL ? Math.min(bytes, Math.floor(memoryBytes / slots)) : bytes;
  }
}
