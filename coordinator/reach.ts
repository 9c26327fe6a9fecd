// Which studies' jobs the workers that are there can take, and so how many are worth publishing.
//
// A job waits in the queue until a worker that it fits asks for it. The window must not fill with
// jobs of one study that few workers can take, or nobody: the others would starve behind them.
import { demandOf, demandOfSize, hostBytesOn, type JobSize, jobsAtOnce, SMALL, sizeOf } from "../schema/demand.ts";
import type { Presence, StudyKey, StudyOrder } from "../schema/job.ts";
import { PRESENCE_EVERY_MS } from "../schema/limits.ts";
import type { EngineEvent } from "./events.ts";

/** By then every worker that was there at the start has said so. */
export const HEARD_AFTER_MS = PRESENCE_EVERY_MS + 1_000;

export class Reach {
  /** Studies whose jobs are not for every worker. */
  readonly #large = new Map<StudyKey, { readonly size: JobSize; readonly order: StudyOrder }>();
  /** Those of which it was told that nobody who is there can take their jobs. */
  readonly #told = new Set<StudyKey>();
  readonly #heardAtMs: number;
  #presences: readonly Presence[] = [];
  /** Who was there just before this process began to listen, until it has heard everybody. */
  readonly #atFirst: readonly Presence[];

  constructor(nowMs: number, atFirst: readonly Presence[] = []) {
    this.#heardAtMs = nowMs + HEARD_AFTER_MS;
    this.#atFirst = atFirst;
  }

  add(order: StudyOrder): void {
    const size = sizeOf(demandOf(order));
    if (size !== SMALL) this.#large.set(order.key, { size, order });
  }

  remove(study: StudyKey): void {
    this.#large.delete(study);
    this.#told.delete(study);
  }

  /** Takes note of who is there. Gives what changed: once each, who waits and whose wait is over. */
  see(presences: readonly Presence[], nowMs: number): EngineEvent[] {
    const heard = new Set(presences.map(({ worker }) => worker));
    const unheard = nowMs < this.#heardAtMs ? this.#atFirst.filter(({ worker }) => !heard.has(worker)) : [];
    this.#presences = [...presences, ...unheard].filter(({ slots }) => slots > 0);
    const events: EngineEvent[] = [];
    for (const [study, { order }] of this.#large) {
      const why = beyondReach(order, this.#presences);
      const { name } = order.spec;
      if (why === null && this.#told.delete(study)) events.push({ kind: "worker large enough", study, name });
      if (why === null || this.#told.has(study) || nowMs < this.#heardAtMs) continue;
      this.#told.add(study);
      events.push({ kind: "no worker large enough", study, name, why });
    }
    return events;
  }

  /** Jobs of a study that may be published at one time: no limit where every worker can take them. */
  most(study: StudyKey): number {
    const size = this.#sizeOf(study);
    if (size === SMALL) return Number.POSITIVE_INFINITY;
    const slots = this.#presences.reduce((sum, presence) => sum + jobsAtOnce(size, presence), 0);
    return slots === 0 ? 0 : Math.ceil(slots + 2 + slots / 4);
  }

  /** Whether a worker with a free slot could take a job of the study beside what it runs. */
  isFreeFor(study: StudyKey, presence: Presence): boolean {
    const { slots, running, memoryBytes } = presence;
    if (running.length >= slots) return false;
    const size = this.#sizeOf(study);
    if (size === SMALL) return true;
    if (jobsAtOnce(size, presence) === 0) return false;
    const bytesOf = (one: JobSize): number => Math.min(hostBytesOn(demandOfSize(one), presence), memoryBytes);
    const taken = running.reduce((sum, job) => sum + bytesOf(this.#sizeOf(job.study)), 0);
    return taken === 0 || taken + bytesOf(size) <= memoryBytes;
  }

  #sizeOf(study: StudyKey): JobSize {
    return this.#large.get(study)?.size ?? SMALL;
  }
}

/** What a study's jobs need and nobody who is there has; null where somebody has, or nobody needs to. */
export function beyondReach(order: StudyOrder, presences: readonly Presence[]): string | null {
  const size = sizeOf(demandOf(order));
  if (size === SMALL || presences.some((presence) => presence.slots > 0 && jobsAtOnce(size, presence) > 0)) return null;
  const { hostBytes, resident } = demandOfSize(size);
  const gigabytes = (bytes: number): string => `${Number((bytes / 2 ** 30).toPrecision(3))} GiB`;
  const device = resident === null ? ""
    : `, or ${gigabytes(resident.hostBytes)} and a GPU with ${gigabytes(resident.deviceBytes)}`;
  return `a job needs a worker with ${gigabytes(hostBytes)} for it${device}`;
}
