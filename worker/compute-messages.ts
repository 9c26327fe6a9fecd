// What passes between a worker and its compute process: plain data, serialised as V8 clones it, so
// that columns of numbers cross bit for bit.
import type { StudyOrder, TrainingProgress } from "../schema/job.ts";
import type { PoolOptions } from "./pool.ts";
import type { Answer, Hello, Measured } from "./task.ts";

export type ToProcess =
  /** First of all: starts the threads. */
  | { readonly kind: "open"; readonly options: PoolOptions }
  /** An order that jobs may then name: it can be large, and thousands of jobs share it. */
  | { readonly kind: "order"; readonly id: number; readonly order: StudyOrder }
  /** No order so far will be named again. */
  | { readonly kind: "forget" }
  | {
      readonly kind: "measure";
      readonly task: number;
      /** An order's id. */
      readonly order: number;
      readonly number: number;
    };

export type FromProcess =
  | { readonly kind: "opened"; readonly answer: Answer<Hello> }
  /** Said before anything is computed: who dies without it did not die of the task. */
  | { readonly kind: "started"; readonly task: number }
  | { readonly kind: "progress"; readonly task: number; readonly progress: TrainingProgress }
  | { readonly kind: "measured"; readonly task: number; readonly answer: Answer<Measured> };
