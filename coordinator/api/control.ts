// What a page may change of a study. The coordinator acts on it within seconds.
import type { Control, Controlled } from "../../schema/api.ts";
import type { Store } from "../store/port.ts";
import { problem } from "./problem.ts";
import type { StudyGrid } from "./study-grid.ts";

const DESIRED = { pause: "paused", resume: "active", cancel: "cancelled" } as const;

export async function controlStudy(store: Store, grid: StudyGrid, control: Control): Promise<Controlled> {
  const { key } = grid.stored.order;
  if (control.action === "priority") {
    await store.setPriority(key, control.priority);
    return { ok: true, jobs: 0 };
  }
  if (control.action !== "retry") {
    await store.setDesired(key, DESIRED[control.action]);
    return { ok: true, jobs: 0 };
  }
  const jobs = await store.retryDead(key, control.job === undefined ? undefined : [control.job]);
  if (jobs === 0) {
    const what = control.job === undefined ? "no job of the study" : `job ${control.job}`;
    throw problem(409, {
      type: "not-dead",
      detail: control.job === undefined ? `${what} is dead` : `${what} is not dead`,
      hint: "only dead jobs can be retried; the others run by themselves",
    });
  }
  return { ok: true, jobs };
}
