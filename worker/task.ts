// What passes between a worker's main thread and its compute threads: plain, cloneable data.
import type { SharedPool } from "../data/pool.ts";
import type { ResultBlock } from "../schema/column.ts";
import type { Failure } from "../schema/failure.ts";
import type { StudyOrder, Timings } from "../schema/job.ts";
import type { BackendRemark } from "./tensor/opened.ts";
import type { MessagePort } from "node:worker_threads";
import type {
  BackendChoice, BackendName, CudaVariables, ProviderChoice, ProviderName,
} from "../schema/provider.ts";

/** Given to each thread once, when it starts. */
export interface ThreadSettings {
  readonly provider: ProviderChoice;
  /** Path of the BLAS library to try first; null for the usual places. */
  readonly blasPath: string | null;
  /** What says where CUDA's libraries are; absent: only the loader's own places. */
  readonly cuda?: CudaVariables;
  /** Bytes of prepared benches a thread may keep between jobs. */
  readonly cacheBytes: number;
  /** Who trains networks, opened at once; absent: `auto`, once a job asks for it. */
  readonly backend?: BackendChoice;
  /** Folder of data files by digest; absent: files lie where the order's folder says. */
  readonly fileCache?: string;
  /** Folder for the checkpoints of training runs; absent: an interrupted run starts again. */
  readonly checkpointFolder?: string;
}

export type Task =
  /** Opens the provider and says which. */
  | { readonly kind: "hello" }
  /** Reads a study's data set into shared memory. */
  | { readonly kind: "load"; readonly order: StudyOrder }
  /** Measures one job. */
  | {
      readonly kind: "measure";
      readonly order: StudyOrder;
      readonly number: number;
      readonly data: SharedPool | null;
      /** What `hello` chose, so that all threads train on the same. */
      readonly backend?: BackendChoice;
      /** Gets a TrainingProgress after each measured epoch; transferred to the thread. */
      readonly progress?: MessagePort;
    };

export interface Hello {
  readonly provider: ProviderName;
  readonly detail: string;
  /** What `auto` passed over, and why. */
  readonly rejected: readonly string[];
  /** Who trains networks; absent where no backend was asked for. */
  readonly backend?: {
    readonly name: BackendName;
    readonly device: string;
    /** What `auto` saw; empty for a backend that was named. */
    readonly remarks: readonly BackendRemark[];
  };
}

export interface Measured {
  readonly block: ResultBlock;
  readonly timings: Timings;
  /** The linear algebra provider, or the tensor backend and its device. */
  readonly provider: string;
}

/** A class does not survive postMessage, so what a thread throws comes back as data. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };
