// Which sizes of jobs beyond small ones are in the stream: said by the coordinator, heard by workers.
//
// A worker that did not know would have to ask a consumer of every size there might be. It is said
// when a size comes into use, and by every round of the tender while one is, for who came later.
import { z } from "zod";
import { JobSize, SMALL } from "../../schema/demand.ts";
import type { Job, StudyKey } from "../../schema/job.ts";
import { decodeJson, encodeJson, type Stamp } from "../wire.ts";
import { stamped } from "./identity.ts";
import type { Link } from "./link.ts";

const SIZES_MAX = 1_000;

export const SizeInUse = z.strictObject({
  size: JobSize,
  /** Whether jobs wait, or all that are there are leased. */
  isWaiting: z.boolean(),
});
export type SizeInUse = z.infer<typeof SizeInUse>;
const Said = z.array(SizeInUse).max(SIZES_MAX);

export class Sizes {
  readonly #link: Link;
  readonly #stamp: Stamp;
  /** Of the studies that were announced and whose jobs are not small. */
  readonly #studies = new Map<StudyKey, JobSize>();
  /** All sizes that a study ever had: each has a consumer. */
  readonly #known = new Set<JobSize>();
  /** Those whose consumer was there at the last look: to ask one that is not takes seconds. */
  readonly #ready = new Set<JobSize>();
  readonly #inUse = new Map<JobSize, boolean>();
  readonly #publishedMs = new Map<JobSize, number>();
  #said = "[]";

  constructor(link: Link, stamp: Stamp) {
    this.#link = link;
    this.#stamp = stamp;
  }

  get known(): readonly JobSize[] {
    return [...this.#known];
  }

  /** The size of a study's jobs. */
  of(study: StudyKey): JobSize {
    return this.#studies.get(study) ?? SMALL;
  }

  /** Takes note of the size of a study's jobs; true where that size has no consumer yet. */
  add(study: StudyKey, size: JobSize): boolean {
    if (size === SMALL) {
      this.#studies.delete(study);
      return false;
    }
    this.#studies.set(study, size);
    const isNew = !this.#known.has(size);
    this.#known.add(size);
    return isNew;
  }

  /** Jobs were published. */
  published(jobs: readonly Job[]): void {
    if (this.#studies.size === 0) return;
    for (const size of new Set(jobs.map(({ study }) => this.of(study)))) {
      if (size === SMALL) continue;
      this.#inUse.set(size, true);
      this.#publishedMs.set(size, performance.now());
    }
    this.#say(false);
  }

  /** What the broker says is there of each size that has a consumer, in a look that began at `lookMs`. */
  counted(
    counts: ReadonlyMap<JobSize, { readonly waiting: number; readonly leased: number }>,
    lookMs: number,
  ): void {
    for (const [size, { waiting, leased }] of counts) {
      this.#ready.add(size);
      if ((this.#publishedMs.get(size) ?? 0) >= lookMs) continue;
      if (waiting + leased > 0) this.#inUse.set(size, waiting > 0);
      else this.#inUse.delete(size);
    }
    this.#say(this.#inUse.size > 0);
  }

  #say(isAgain: boolean): void {
    const said: SizeInUse[] = Array.from(this.#inUse, ([size, isWaiting]) => ({ size, isWaiting }))
      .filter(({ size }) => this.#ready.has(size));
    const text = JSON.stringify(said);
    if (text === this.#said && !isAgain) return;
    this.#said = text;
    const headers = stamped(this.#stamp);
    this.#link.publish(this.#link.names.sizes, encodeJson(said.slice(0, SIZES_MAX)), { headers });
  }
}

/** What was said in a message; null if it is not that. */
export function sizesIn(data: Uint8Array): readonly SizeInUse[] | null {
  const said = decodeJson(Said, data);
  return said.ok ? said.value : null;
}
