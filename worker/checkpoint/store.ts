// Where long runs leave their state, so that a killed one goes on from there.

/** Checkpoints by name. A name is lower-case letters, digits, '_' and '-'. */
export interface CheckpointStore {
  /** The last one that was saved whole; null if there is none. */
  load(name: string): Promise<Uint8Array | null>;
  /** Replaces what was saved under the name, all or nothing. */
  save(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}
