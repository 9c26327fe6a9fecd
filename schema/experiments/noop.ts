// The `noop` experiment: a hash of the point as its metric, to measure and test the machinery.
import type { ResultColumn } from "../column.ts";
import type { Parameter } from "../parameter.ts";

const real = { type: "double", min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY } as const;

export const noopParameters: readonly Parameter[] = [
  { name: "replicate", type: "integer", min: 0, max: 2 ** 31 - 1, fallback: 0, isShared: true, cutRank: 3,
    comment: "first coordinate; points of one job share it" },
  { name: "x", ...real, fallback: 0, isShared: false, cutRank: 2, comment: "second coordinate, any number" },
  { name: "y", ...real, fallback: 0, isShared: false, cutRank: 1, comment: "third coordinate, any number" },
];

export const noopMetrics: readonly ResultColumn[] = [
  { name: "hash", type: "double", role: "metric",
    comment: "a hash of study seed and point, in [0, 1)" },
];
