// What a krr job takes of a device that holds all its matrices: its route there, and its memory.
import type { BreakEven, DeviceRoute, Plan } from "../plan.ts";
import type { KrrSpec } from "../study.ts";
import { type KrrShape, systemsTogether, WEIGHT_COLUMNS } from "./krr-cost.ts";
import { curvatureDeviceBytes, curvatureHostBytes, type CurvedShape } from "./krr-curvature-cost.ts";
import { type ScreenedShape, screeningDeviceBytes, screeningHostBytes } from "./krr-screening-cost.ts";
import { replacesRows } from "./krr-poison.ts";
import { metricsOf } from "./registry.ts";

/** One Cholesky factor for each ridge, or one eigendecomposition for all. */
export type ResidentRoute = DeviceRoute;

/**
 * From this many distinct ridges on, one eigendecomposition costs a device less than a factor and
 * its inverse for each. A guess from counts of operations (9n³, most of them bound by memory,
 * against 4n³/3), for plans that were made where nobody has measured.
 */
export const SYEVD_RIDGES_MIN = 64;

/** A function of plan and study alone, since it decides the last bits: its jobs agree on it. */
export function residentRoute(
  { precision }: Pick<KrrSpec, "precision">,
  { route, deviceRoute }: Pick<Plan, "route" | "deviceRoute">,
  distinctRidges: number,
): ResidentRoute {
  // Float32 factors are one for each ridge.
  if (precision !== undefined) return "potrf";
  return deviceRoute ?? (route === "eigen" || distinctRidges >= SYEVD_RIDGES_MIN ? "syevd" : "potrf");
}

/** The cheaper route by the measured order nearest below n, or the smallest. Not for an empty list. */
export function measuredRoute(
  measured: readonly BreakEven[],
  { train, systems }: { readonly train: number; readonly systems: number },
): DeviceRoute {
  const ascending = measured.toSorted((a, b) => a.order - b.order);
  const nearest = ascending.findLast(({ order }) => order <= train) ?? ascending[0];
  if (nearest === undefined) throw new RangeError("no break-even was measured");
  return systems >= nearest.ridges ? "syevd" : "potrf";
}

/** Systems solved as one block there: a Cholesky factor is as large as the kernel matrix. */
export function residentSystemsTogether(route: ResidentRoute, width: number): number {
  return systemsTogether(route === "potrf" ? "cholesky" : "eigen", width);
}

/** What a study may ask beside the metrics of every study, and a device still computes. */
const RESIDENT_EXTRAS: ReadonlySet<string> = new Set(["cluster", "shortcut", "precision", "curvature", "probe_distance", "screening"]);

/**
 * Whether every matrix of a study's jobs can stay there. Not with a penalty: it goes the host's way,
 * each verb on the device (docs/decisions/0024).
 */
export function canReside(spec: KrrSpec): boolean {
  return metricsOf(spec).every(({ needs }) => needs === undefined || RESIDENT_EXTRAS.has(needs));
}

export type ResidentShape = CurvedShape & ScreenedShape & Pick<KrrShape, "attack" | "systems">;

/**
 * Bytes of device memory at a job's peak. Kernel matrix, workspace and eigenvectors are what
 * counts; cuSOLVER says what its workspace really takes when it is asked for.
 */
export function residentMemoryBytes(shape: ResidentShape, route: ResidentRoute): number {
  const { attack, train: n, test: t, dimension: d, classes: q, systems, poisons: m } = shape;
  const square = SQUARES[route] * n * n;
  const width = q + (attack === "clones" ? m : 0);
  const columns = Math.min(systems, residentSystemsTogether(route, width)) * width;
  const rows = d * (n + 2 * t + m);
  const changes = attack === "clones" ? 0 : 2 * (replacesRows(attack) ? 2 * m : m) * (n + t);
  return 8 * (square + rows + 4 * n * t + 2 * n * m + 2 * t * m + (2 * n + t) * columns + changes) +
    curvatureDeviceBytes(shape) + screeningDeviceBytes(shape);
}

/** Bytes of the host's memory for the same job: its rows, and the columns that come back. */
export function residentHostBytes(shape: CurvedShape & ScreenedShape): number {
  const { train: n, test: t, dimension: d, poisons: m, classes: q, curvature } = shape;
  const weights = curvature === null ? 0 : n * WEIGHT_COLUMNS;
  return 8 * (3 * d * (n + 2 * t + m) + 4 * t * WEIGHT_COLUMNS + 8 * m * (t + m) + n * q + weights) + curvatureHostBytes(shape) +
    screeningHostBytes(shape);
}

/** K, L and L⁻¹; or K, which becomes its eigenvectors, and 2n² and more of workspace. */
const SQUARES: Readonly<Record<ResidentRoute, number>> = { potrf: 3, syevd: 3.25 };
