// `status --watch`: looks again every second until nothing is left to do, or Ctrl-C.
import { pause } from "../queue/clock.ts";
import { UserError } from "../schema/failure.ts";
import { type Context, note } from "./context.ts";
import { countText, percentText } from "./face/number.ts";
import { startProgress } from "./face/progress.ts";
import { tableLines } from "./face/table.ts";
import { jobsText } from "./job-report.ts";
import { isAway } from "./store/away.ts";
import type { Progress, Store, StoredStudy } from "./store/port.ts";
import { waitsFor } from "./waits-for.ts";

const LOOK_EVERY_MS = 1_000;

/** A progress bar of one study. */
export async function watchStudy(context: Context, store: Store, { order }: StoredStudy): Promise<void> {
  const { key, plan } = order;
  const before = await store.progress(key);
  const { stderr, clock } = context;
  const bar = startProgress({
    total: plan.points, alreadyDone: before.stored, unit: "points", clock,
    isTerminal: stderr.isTerminal, columns: stderr.columns, write: (text) => stderr.write(text),
  });
  let shown = "";
  await repeat(context, async () => {
    const progress = await store.progress(key);
    bar.advance(progress.stored);
    const study = await store.study(key);
    if (study === null) throw new UserError(`study "${order.spec.name}" was deleted`);
    const waits = waitsFor(study, await store.workers(), clock.now());
    const trouble = [troubleText(progress), waits ?? ""].filter((text) => text !== "").join("; ");
    if (trouble !== shown && trouble !== "") bar.say(trouble);
    shown = trouble;
    return progress.jobs.planned + progress.jobs.queued === 0;
  });
  bar.finish();
}

const troubleText = ({ jobs }: Progress): string => (jobs.dead === 0 ? "" : `jobs: ${jobsText(jobs)}`);

/** A table of the studies that are not finished, redrawn in place. */
export async function watchStudies(context: Context, store: Store): Promise<void> {
  const { stderr } = context;
  if (!stderr.isTerminal) throw new UserError("status --watch: expected a study, where there is no terminal to redraw");
  let drawn = 0;
  await repeat(context, async () => {
    const open = await store.agenda();
    const rows: unknown[][] = [];
    for (const { key, desired, priority } of open) {
      const name = (await store.study(key))?.order.spec.name ?? key;
      const { points, stored, jobs } = await store.progress(key);
      rows.push([name, countText(points), countText(stored), percentText(stored / points), jobs.queued, jobs.dead, desired, priority]);
    }
    const columns = ["study", "points", "stored", "done", "queued", "dead jobs", "state", "priority"];
    if (drawn > 0) stderr.write(`\u001B[${drawn}A\u001B[J`);
    const lines = tableLines({ columns, rows });
    note(context, ...lines);
    drawn = lines.length;
    return !open.some(({ isOpen }) => isOpen);
  });
}

/** Calls `look` until it is true or Ctrl-C comes; a database that is away may come back. */
async function repeat(context: Context, look: () => Promise<boolean>): Promise<void> {
  const stop = new AbortController();
  const forget = context.onInterrupt(() => stop.abort());
  // Timers of the clock do not keep a process alive.
  const alive = setInterval(() => {}, 60_000);
  try {
    while (!stop.signal.aborted) {
      const isOver = await look().catch((error: unknown) => {
        if (!isAway(error)) throw error;
        return false;
      });
      if (isOver) return;
      await pause(context.clock, LOOK_EVERY_MS, stop.signal);
    }
  } finally {
    clearInterval(alive);
    forget();
  }
}
