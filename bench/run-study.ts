// Runs one study in this process and prints what it took, as one line of JSON. Started by
// sweep.ts, so that each measurement has a process, and a peak of memory, of its own.
import { runLocally } from "../coordinator/local.ts";
import { prepareStudy } from "../coordinator/prepare.ts";
import { openStore } from "../coordinator/store/open.ts";
import { readStudyFile } from "../coordinator/study-file.ts";
import { realClock } from "../queue/clock.ts";
import { ProviderChoice } from "../schema/provider.ts";

export interface RunRequest {
  readonly file: string;
  readonly database: string;
  readonly dataCache: string;
  readonly provider: string;
  readonly threads: number;
  /** Stops as Ctrl-C does once this many points are stored; 0 for never. */
  readonly stopAfter: number;
}

export interface RunFigures {
  readonly points: number;
  /** From opening the store to the last commit, without starting Node. */
  readonly seconds: number;
  /** From opening the store to the first commit. */
  readonly firstCommitSeconds: number;
  readonly openSeconds: number;
  readonly peakMegabytes: number;
  /** Resident megabytes at each tenth of the study. */
  readonly megabytes: readonly number[];
  readonly provider: string;
}

const MEGABYTE = 2 ** 20;

async function runStudy(request: RunRequest): Promise<RunFigures> {
  const begin = performance.now();
  const since = (): number => (performance.now() - begin) / 1000;
  const store = await openStore(request.database);
  const openSeconds = since();
  const study = await readStudyFile(request.file);
  const prepared = await prepareStudy(study, request.dataCache);
  const { order } = await store.ensureStudy(prepared.order, prepared.identity);
  const interrupt = new AbortController();
  let firstCommitSeconds = Number.NaN;
  let stored = 0;
  let provider = "";
  const megabytes: number[] = [];
  await runLocally({
    store, study: order.key, clock: realClock, threads: request.threads,
    provider: ProviderChoice.parse(request.provider), blasPath: null, cacheBytes: 256 * MEGABYTE,
    version: "bench", interrupt: interrupt.signal, kill: new AbortController().signal,
    onReady: (hello) => (provider = hello.detail),
    onCommit: ({ inserted }) => {
      if (stored === 0) firstCommitSeconds = since();
      stored += inserted;
      while (stored >= ((megabytes.length + 1) * order.plan.points) / 10) {
        megabytes.push(Math.round(process.memoryUsage.rss() / MEGABYTE));
      }
      if (request.stopAfter > 0 && stored >= request.stopAfter) interrupt.abort();
    },
    warn: (message) => console.error(message),
  });
  const seconds = since();
  await store.close();
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  return { points: stored, seconds, firstCommitSeconds, openSeconds, peakMegabytes, megabytes, provider };
}

const [request] = process.argv.slice(2);
if (request === undefined) throw new Error("expected a request as JSON");
console.log(JSON.stringify(await runStudy(JSON.parse(request))));
