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
  readonly onMissing: (study: StudyKey, file: FileRecord) => void;
}

export class FileOffers {
  readonly #options: FileOffersOptions;
  readonly #studies = new Map<StudyKey, readonly FileRecord[]>();
  readonly #missing = new Set<string>();

  constructor(options: FileOffersOptions) {
    this.#options = options;
  }

  /** Offers a study's files from the next `refresh` on. */
  add({ key, data }: StudyOrder): void {
    this.#studies.set(key, data?.files ?? []);
  }

  /** Takes a study's files back, but for those that another one needs. */
  async remove(key: StudyKey): Promise<void> {
    const removed = this.#studies.get(key) ?? [];
    this.#studies.delete(key);
    const needed = new Set([...this.#studies.values()].flatMap((files) => files.map(({ sha256 }) => sha256)));
    for (const { sha256 } of removed) if (!needed.has(sha256)) await this.#options.queue.dropFile(sha256);
  }

  async refresh(): Promise<void> {
    const { queue, files, onMissing } = this.#options;
    const offered = new Set<string>();
    for (const [study, wanted] of this.#studies) {
      for (const file of wanted) {
        if (offered.has(file.sha256)) continue;
        offered.add(file.sha256);
        if (await files.has(file.sha256)) await queue.offerFile(file, () => files.read(file.sha256));
        else if (!this.#missing.has(file.sha256)) {
          this.#missing.add(file.sha256);
          onMissing(study, file);
        }
      }
    }
  }
}
