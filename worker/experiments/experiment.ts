// How an experiment plugs in: it prepares once what a job's points share, then measures the box.
import type { DataPool } from "../../data/draw.ts";
import type { ResultBlock } from "../../schema/column.ts";
import type { Box } from "../../schema/grid.ts";
import type { StudyOrder, TrainingProgress } from "../../schema/job.ts";
import type { CheckpointStore } from "../checkpoint/store.ts";
import type { LinalgProvider } from "../linalg/provider.ts";
import type { TensorBackend } from "../tensor/backend.ts";

export interface Tools {
  readonly linalg: LinalgProvider;
  /** The study's data set; null where the experiment uses none. */
  readonly pool: DataPool | null;
  /** For experiments that train networks. */
  readonly training?: TrainingTools;
}

export interface TrainingTools {
  /** This thread's tensor backend, opened at the first call. Rejects with UserError if it is absent. */
  readonly tensors: () => Promise<TensorBackend>;
  /** Where runs leave their state; null: an interrupted run starts again. */
  readonly checkpoints: CheckpointStore | null;
  /** Told after each measured epoch. */
  readonly progress: (progress: TrainingProgress) => void;
  /** Milliseconds since some fixed instant. */
  readonly now: () => number;
}

/** What an experiment's benches measure: at once, or in time. */
export type Result = ResultBlock | Promise<ResultBlock>;

export interface Experiment<Measured extends Result = Result> {
  /**
   * Names what `prepare` depends on: equal keys mean that one bench serves both. The box holds one
   * value of every shared axis.
   */
  benchKey(order: StudyOrder, box: Box): string;
  prepare(order: StudyOrder, box: Box, tools: Tools): Bench<Measured>;
  /** Whether a tensor backend, and not linear algebra, does its work. */
  readonly isTrained?: boolean;
}

/** A prepared setting, such as a factorised kernel. */
export interface Bench<Measured extends Result = Result> {
  /** Bytes it holds, for the cache that keeps it. */
  readonly bytes: number;
  /** How it computes where that is a choice: stands behind the provider's name in the attempt. */
  readonly detail?: string;
  /**
   * Measures a box of points: a function of bench and box and of nothing else, bit for bit.
   * Throws, or rejects with, ComputeError for resource failures only; numeric trouble is a row's
   * status.
   */
  measure(box: Box): Measured;
  /** Frees what the bench holds outside of JavaScript's memory; called once, when it is dropped. */
  release?(): void;
}
