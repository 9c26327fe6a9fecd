// Seeds are hashes: whoever needs randomness derives a seed from the study's own and from the names
// of what the randomness is for, so that no draw depends on the order in which work is done.
import { createHash } from "node:crypto";

/**
 * A seed for one purpose: the first 53 bits of a SHA-256 over the parent seed and the labels.
 *
 * The labels are encoded as JSON, so `1` and `"1"`, or `"ab"` and `"a", "b"`, differ.
 *
 * @param seed a safe integer ≥ 0.
 * @param labels what the seed is for, such as `"replicate", 3, "noise"`; numbers must be finite.
 * @returns a safe integer in [0, 2^53).
 * @throws RangeError on a seed or number that has no faithful encoding.
 */
export function deriveSeed(seed: number, ...labels: readonly (string | number)[]): number {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed ${seed}: expected a safe integer ≥ 0`);
  }
  const odd = labels.find((label) => typeof label === "number" && !Number.isFinite(label));
  if (odd !== undefined) throw new RangeError(`seed label ${odd}: expected a finite number`);
  const text = JSON.stringify(["nearclone seed 1", seed, ...labels]);
  const digest = createHash("sha256").update(text).digest();
  return Number(digest.readBigUInt64BE(0) >> 11n);
}

/** The seed that a replicate's rows are drawn with, whatever the experiment. */
export function dataSeed(studySeed: number, replicate: number): number {
  return deriveSeed(studySeed, "data", replicate);
}
