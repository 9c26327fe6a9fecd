// What Prometheus may ask of a coordinator: counters of what passed, gauges of what is.
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { Presence } from "../schema/job.ts";
import type { ClusterEvent } from "./cluster-events.ts";
import { beyondReach } from "./reach.ts";
import { isAway } from "./store/away.ts";
import type { Committed, Store } from "./store/port.ts";
import { JOB_STATES } from "../schema/state.ts";

type StudyStore = Pick<Store, "agenda" | "study" | "progress">;

export class Metrics {
  readonly #registry = new Registry();
  readonly #rows = this.#counter("nearclone_rows_total", "rows of reports, by what became of them", ["outcome"]);
  readonly #jobs = this.#counter("nearclone_jobs_total", "jobs settled", ["outcome"]);
  readonly #attempts = this.#counter("nearclone_attempts_total", "attempts that ended", ["outcome", "code"]);
  readonly #seconds = this.#counter("nearclone_compute_seconds_total", "time workers spent in jobs", ["phase"]);
  readonly #events = this.#counter("nearclone_events_total", "what happened, by kind", ["kind"]);
  readonly #leader = this.#gauge("nearclone_leader", "1 while this coordinator leads");
  readonly #published = this.#gauge("nearclone_jobs_published", "jobs published and not settled");
  readonly #workers = this.#gauge("nearclone_workers", "workers that are there");
  readonly #slots = this.#gauge("nearclone_slots", "slots of workers that are there", ["state"]);
  readonly #gpu = this.#gauge("nearclone_gpu_utilisation", "share of time in which a GPU computed", ["worker", "gpu"]);
  readonly #gpuBytes = this.#gauge("nearclone_gpu_memory_used_bytes", "memory in use", ["worker", "gpu"]);
  readonly #waiting = this.#gauge("nearclone_study_jobs", "jobs of studies that are not finished", ["study", "state"]);
  readonly #unreached = this.#gauge("nearclone_study_unreached", "1 where no worker that is there has the memory for a study's jobs", ["study"]);
  readonly #points = this.#gauge("nearclone_study_points", "points of studies that are not finished", ["study", "state"]);
  readonly #store: StudyStore;
  #presences: readonly Presence[] = [];

  constructor(store: StudyStore) {
    this.#store = store;
    collectDefaultMetrics({ register: this.#registry, prefix: "nearclone_" });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /**
   * The text that Prometheus reads. How far studies are is asked of the database, and stays as it was
   * while that is away.
   */
  async text(): Promise<string> {
    try {
      await this.#readStudies();
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    return this.#registry.metrics();
  }

  hear(event: ClusterEvent): void {
    const kind = event.kind === "queue" ? `queue ${event.event.kind}` : event.kind;
    if (event.kind !== "attempt") this.#events.inc({ kind });
    if (event.kind === "leading") this.#leader.set(1);
    if (event.kind === "lead lost" || event.kind === "standby") this.#leader.set(0);
    if (event.kind !== "attempt") return;
    const { outcome, timings } = event.attempt;
    this.#attempts.inc({ outcome: outcome.kind, code: outcome.kind === "failed" ? outcome.failure.code : "" });
    this.#seconds.inc({ phase: "prepare" }, timings.prepareMs / 1_000);
    this.#seconds.inc({ phase: "measure" }, timings.measureMs / 1_000);
  }

  commit({ inserted, duplicates, conflicts, finished, dead, replanned }: Committed): void {
    this.#rows.inc({ outcome: "stored" }, inserted);
    this.#rows.inc({ outcome: "duplicate" }, duplicates);
    this.#rows.inc({ outcome: "conflict" }, conflicts);
    this.#jobs.inc({ outcome: "done" }, finished.length);
    this.#jobs.inc({ outcome: "dead" }, dead.length);
    this.#jobs.inc({ outcome: "replanned" }, replanned.length);
  }

  look(presences: readonly Presence[], published: number): void {
    this.#presences = presences;
    this.#published.set(published);
    this.#workers.set(presences.length);
    const slots = presences.reduce((sum, presence) => sum + presence.slots, 0);
    const busy = presences.reduce((sum, presence) => sum + presence.running.length, 0);
    this.#slots.set({ state: "busy" }, busy);
    this.#slots.set({ state: "free" }, Math.max(0, slots - busy));
    this.#gpu.reset();
    this.#gpuBytes.reset();
    for (const { worker, gpus } of presences) {
      for (const [index, { utilisation, usedBytes }] of gpus.entries()) {
        if (utilisation !== null) this.#gpu.set({ worker, gpu: String(index) }, utilisation);
        if (usedBytes !== null) this.#gpuBytes.set({ worker, gpu: String(index) }, usedBytes);
      }
    }
  }

  async #readStudies(): Promise<void> {
    const read = [];
    for (const { key } of await this.#store.agenda()) {
      const order = (await this.#store.study(key))?.order;
      read.push({ order, study: order?.spec.name ?? key, progress: await this.#store.progress(key) });
    }
    // At once, so that who asks meanwhile is told of all studies.
    for (const gauge of [this.#waiting, this.#points, this.#unreached]) gauge.reset();
    for (const { order, study, progress: { points, stored, jobs } } of read) {
      if (order !== undefined) this.#unreached.set({ study }, beyondReach(order, this.#presences) === null ? 0 : 1);
      for (const state of JOB_STATES) this.#waiting.set({ study, state }, jobs[state]);
      this.#points.set({ study, state: "stored" }, stored);
      this.#points.set({ study, state: "missing" }, points - stored);
    }
  }

  #counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}
