// How an experiment plugs in: it prepares once what a job's points share, then measures the box.
import type { DataPool } from "../../data/draw.ts";
import type { ResultBlock } from "../../schema/column.ts";
import type { Box } from "../../schema/grid.ts";
import type { StudyOrder } from "../../schema/job.ts";
import type { LinalgProvider } from "../linalg/provider.ts";

export interface Tools {
  readonly linalg: LinalgProvider;
  /** The study's data set; null where the experiment uses none. */
  readonly pool: DataPool | null;
}

export interface Experiment {
  /**
   * Names what `prepare` depends on: equal keys mean that one bench serves both. The box holds one
   * value of every shared axis.
   */
  benchKey(order: StudyOrder, box: Box): string;
  prepare(order: StudyOrder, box: Box, tools: Tools): Bench;
}

/** A prepared setting, such as a factorised kernel. */
export interface Bench {
  /** Bytes it holds, for the cache that keeps it. */
  readonly bytes: number;
  /**
   * Measures a box of points: a function of bench and box and of nothing else, bit for bit.
   * Throws ComputeError for resource failures only; numeric trouble is a row's status.
   */
  measure(box: Box): ResultBlock;
}
