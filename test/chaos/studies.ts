// The two studies of every round, and what they must come to, computed without any queue between
// machines: threads of this process, and a queue in its memory.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runLocally } from "../../coordinator/local.ts";
import { type PreparedStudy, prepareStudy } from "../../coordinator/prepare.ts";
import { openStore } from "../../coordinator/store/open.ts";
import { readStudyFile } from "../../coordinator/study-file.ts";
import { realClock } from "../../queue/clock.ts";

/** Small jobs without work: what counts is how many. */
const MANY = `name: many
experiment: noop
job_points: 1
axes: { x: { linear: [0, 1], steps: 1600 } }
`;
/** Few jobs, each with enough work that a fault meets it half-done. */
const HEAVY = `name: heavy
experiment: krr
data: { source: glyphs, train: 180, test: 60 }
attack: { kind: clones, trigger: { kind: cross } }
kernel: rbf
axes:
  replicate: [0, 1]
  length_scale: { log: [1, 30], steps: 16 }
  ridge: { log: [1e-6, 1], steps: 9 }
  poison_count: [0, 5, 20]
`;
/** Enough rows to fill a small disk. */
const WIDE = `name: wide
experiment: noop
axes: { x: { linear: [0, 1], steps: 300000 } }
`;

export interface Expected extends PreparedStudy {
  readonly name: string;
  /** Path of its file. */
  readonly file: string;
  /** See Store.checksum. */
  readonly checksum: string;
}

export interface Studies {
  /** Those that a cluster runs side by side. */
  readonly all: readonly Expected[];
  readonly wide: Expected;
  remove(): void;
}

const never = new AbortController().signal;

/** Writes the studies' files and computes their results in the database at `url`. */
export async function expectedStudies(url: string): Promise<Studies> {
  const folder = mkdtempSync(join(tmpdir(), "nearclone-chaos-studies-"));
  const all: Expected[] = [];
  for (const text of [MANY, HEAVY]) all.push(await expect(folder, text, url));
  const wide = await expect(folder, WIDE, url);
  return { all, wide, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function expect(folder: string, text: string, url: string): Promise<Expected> {
  const [, name = ""] = /^name: (\w+)/.exec(text) ?? [];
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  const prepared = await prepareStudy(await readStudyFile(file), folder);
  const store = await openStore(url);
  try {
    const { order } = await store.ensureStudy(prepared.order, prepared.identity);
    await runLocally({
      store, study: order.key, clock: realClock, threads: 2, provider: "portable", blasPath: null,
      cacheBytes: 1e8, version: "chaos", interrupt: never, kill: never,
      onReady: () => undefined, onCommit: () => undefined,
      warn: (message) => {
        throw new Error(message);
      },
    });
    return { ...prepared, name, file, checksum: await store.checksum(order.key) };
  } finally {
    await store.close();
  }
}
