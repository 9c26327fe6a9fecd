// What a compute thread has for training networks: a tensor backend, opened when it is first asked
// for, and a place for checkpoints.
//
// tfjs is loaded with the backend: threads that never train never load it. One process per GPU
// (each with its own CUDA_VISIBLE_DEVICES) is for whoever starts worker processes.
import type { BackendChoice } from "../schema/provider.ts";
import { folderCheckpoints } from "./checkpoint/folder.ts";
import type { CheckpointStore } from "./checkpoint/store.ts";
import type { TrainingProgress } from "../schema/job.ts";
import type { TrainingTools } from "./experiments/experiment.ts";
import type { TensorBackend } from "./tensor/backend.ts";

export interface TrainingSettings {
  readonly backend: BackendChoice;
  readonly checkpointFolder?: string;
}

export interface OpenedTraining {
  /** Opens the backend; once. Rejects with UserError if it is absent. */
  open(): Promise<TensorBackend>;
  tools(progress: (progress: TrainingProgress) => void): TrainingTools;
  /** "wasm (SIMD, 1 thread)"; the choice as made where nothing was opened yet. */
  label(): string;
}

export function openTraining({ backend, checkpointFolder }: TrainingSettings): OpenedTraining {
  let opened: TensorBackend | undefined;
  const checkpoints: CheckpointStore | null =
    checkpointFolder === undefined ? null : folderCheckpoints(checkpointFolder);
  const open = async (): Promise<TensorBackend> => {
    if (opened !== undefined) return opened;
    const { openBackend } = await import("./tensor/backend.ts");
    opened = await openBackend(backend);
    return opened;
  };
  return {
    open,
    tools: (progress) => ({ tensors: open, checkpoints, progress, now: () => performance.now() }),
    label: () => (opened === undefined ? backend : `${opened.name} (${opened.device})`.slice(0, 200)),
  };
}
