// What is said of a study's jobs: how many are where, and why the dead ones are dead.
import type { JobState } from "../schema/state.ts";
import { countText, plural } from "./face/number.ts";
import type { JobRow } from "./store/port.ts";

/** `12 done, 3 planned, 1 dead`: the states that have jobs. */
export function jobsText(jobs: Readonly<Record<JobState, number>>): string {
  const order: readonly JobState[] = ["done", "queued", "planned", "dead"];
  const parts = order.filter((state) => jobs[state] > 0);
  return parts.map((state) => `${countText(jobs[state])} ${state}`).join(", ") || "none";
}

/** Dead jobs grouped by their reason, the most frequent first; nothing if there are none. */
export function deadLines(count: number, dead: readonly JobRow[]): string[] {
  if (count === 0) return [];
  const reasons = new Map<string, number[]>();
  for (const { number, lastError } of dead) {
    const [reason = ""] = (lastError?.message ?? "no reason stored").split("\n");
    const text = `${lastError?.code ?? "unknown"}: ${reason}`;
    reasons.set(text, [...(reasons.get(text) ?? []), number]);
  }
  const byCount = [...reasons].sort(([, a], [, b]) => b.length - a.length);
  const lines = byCount.map(([reason, numbers]) => {
    const shown = numbers.slice(0, 5).join(", ");
    const more = numbers.length > 5 ? `, … (${numbers.length})` : "";
    return `  job ${shown}${more}: ${reason}`;
  });
  const unseen = count > dead.length ? [`  and ${countText(count - dead.length)} more`] : [];
  const are = count === 1 ? "is" : "are";
  return [`${plural(count, "job")} ${are} dead: nearclone run gives ${count === 1 ? "it" : "them"} new attempts`, ...lines, ...unseen];
}
