// Deep partition aggregation (arXiv 2006.14768): as many models as partitions, each trained on its own share of
// the rows, and a plurality vote. A row goes where its own content sends it, whatever else is there, so that
// one inserted or deleted row changes one vote: hence a certificate.
import { createHash } from "node:crypto";

/** The partition of a row, from 0: a hash of its numbers and label. */
export function partitionOf(row: Float64Array, label: number, partitions: number): number {
  const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
  const digest = createHash("sha256").update(`${label} `).update(bytes).digest();
  return digest.readUIntBE(0, 6) % partitions;
}

export interface Vote {
  readonly winner: number;
  /** Insertions and deletions of training rows, together, that cannot change the winner. */
  readonly certificate: number;
}

/** @param votes (q): how many models say each class. Ties go to the smaller class. */
export function pluralityVote(votes: Int32Array): Vote {
  let winner = 0;
  votes.forEach((count, label) => {
    if (count > votes[winner]!) winner = label;
  });
  // A smaller class wins a tie, so it needs one vote less.
  let rival = Number.NEGATIVE_INFINITY;
  votes.forEach((count, label) => {
    if (label !== winner) rival = Math.max(rival, count + (label < winner ? 1 : 0));
  });
  const lead = votes[winner]! - rival;
  return { winner, certificate: Number.isFinite(lead) ? Math.floor(lead / 2) : Number.POSITIVE_INFINITY };
}
