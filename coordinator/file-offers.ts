// Keeps the data files of the studies that run on offer to workers.
//
// Invariant: a file is offered as long as a study that runs has it; offering one that is there costs
// a look, so all are offered again every while, whatever the broker lost.
import type { CoordinatorQueue } from "../queue/port.ts";
import type { FileRecord } from "../schema/data.ts";
import type { StudyKey, StudyOrder } from "../schema/job.ts";
import type { FileStore } from "./store/port.ts";

export interface FileOffersOptions {
  readonly queue: CoordinatorQueue;
  readonly files: FileStore;
  /** Told once per file that the database does not have. */
  readonly onMissing: (study: string, file: FileRecord) => void;
}

interface Offered {
  readonly name: string;
  readonly files: readonly FileRecord[];
}

export class FileOffers {
  readonly #options: FileOffersOptions;
  readonly #studies = new Map<StudyKey, Offered>();
  readonly #missing = new Set<string>();

  constructor(options: FileOffersOptions) {
    this.#options = options;
  }

  /** Offers a study's files from the next `refresh` on. */
  add({ key, data, spec }: StudyOrder): void {
    this.#studies.set(key, { name: spec.name, files: data?.files ?? [] });
  }

  /** Takes a study's files back, but for those that another one needs. */
  async remove(key: StudyKey): Promise<void> {
    const removed = this.#studies.get(key)?.files ?? [];
    this.#studies.delete(key);
    const needed = new Set([...this.#studies.values()].flatMap(({ files }) => files.map(({ sha256 }) => sha256)));
    for (const { sha256 } of removed) if (!needed.has(sha256)) await this.#options.queue.dropFile(sha256);
  }

  async refresh(): Promise<void> {
    const { queue, files, onMissing } = this.#options;
    const offered = new Set<string>();
    for (const study of this.#studies.values()) {
      for (const file of study.files) {
        if (offered.has(file.sha256)) continue;
        offered.add(file.sha256);
        if (await files.has(file.sha256)) await queue.offerFile(file, () => files.read(file.sha256));
        else if (!this.#missing.has(file.sha256)) {
          this.#missing.add(file.sha256);
          onMissing(study.name, file);
        }
      }
    }
  }
}
