// Activation clustering (arXiv 1811.03728): two clusters of a class' first principal components; a class
// is poisoned where the smaller one holds less than 35 % of its rows, and that one is the poison.
import { columns } from "../linalg/matrix.ts";
import type { ClassDetector } from "./detector.ts";
import { twoMeans } from "./two-means.ts";

export const CLUSTER_COMPONENTS = 10;
export const CLUSTER_SHARE_MAX = 0.35;

export const clustering: ClassDetector = ({ features, random }) => {
  const n = features.scores.rows;
  const nothing = { scores: new Float64Array(n), flags: new Uint8Array(n) };
  if (n < 2 || features.values.length === 0) return nothing;
  const kept = columns(features.scores, 0, Math.min(CLUSTER_COMPONENTS, features.values.length));
  const { group, distances, sizes } = twoMeans(kept, random);
  const small = sizes[1] <= sizes[0] ? 1 : 0;
  const [near, far] = [distances[small], distances[small === 1 ? 0 : 1]];
  const isSuspect = sizes[small] > 0 && sizes[small] < CLUSTER_SHARE_MAX * n;
  return {
    scores: near.map((distance, i) => far[i]! - distance),
    flags: group.map((one) => (isSuspect && one === small ? 1 : 0)),
  };
};
