// Durations of a cluster under the harness: as in earnest, but a fault's consequences come in
// seconds. NEARCLONE_QUEUE_TIMES tells the programs.
export const TIMES = {
  leaseMs: 2_400,
  presenceLapseMs: 1_800,
  collectMs: 2_000,
  connectMs: 20_000,
  requestMs: 1_000,
  pullMs: 1_000,
  tendMs: 300,
};
