// Checkpoints in memory, for as long as a process lives: tests, and runs that need not be resumed.
import type { CheckpointStore } from "./store.ts";

export function memoryCheckpoints(): CheckpointStore {
  const saved = new Map<string, Uint8Array>();
  return {
    load: async (name) => saved.get(name) ?? null,
    save: async (name, bytes) => void saved.set(name, bytes.slice()),
    remove: async (name) => void saved.delete(name),
  };
}
