// A study's plan: how its grid is cut into jobs, as arithmetic rather than as a list.
import { z } from "zod";
import { type Box, indicesOf, pointCount } from "./grid.ts";

/** How a krr job solves its systems; the plan fixes it, because it decides the result's last bits. */
export const Route = z.enum(["cholesky", "tridiagonal", "eigen"]);
export type Route = z.infer<typeof Route>;

/** How a device solves a krr job whose matrices it holds: a factor for each ridge, or eigenvectors. */
export const DeviceRoute = z.enum(["potrf", "syevd"]);
export type DeviceRoute = z.infer<typeof DeviceRoute>;

/** Measured on a device: at this order one eigendecomposition costs as much as so many factors. */
export const BreakEven = z.strictObject({ order: z.int().positive(), ridges: z.int().positive() });
export type BreakEven = z.infer<typeof BreakEven>;

/**
 * How a study's grid is cut: job `number` is a mixed-radix index too, over ceil(size / chunk) boxes
 * per axis. Stored with the study, so that a later version that plans otherwise resumes this plan.
 */
export const Plan = z.strictObject({
  /** Axis sizes, in the study's order. */
  sizes: z.array(z.int().positive()),
  /** Axis values per job, in the same order. */
  chunk: z.array(z.int().positive()),
  points: z.int().positive(),
  jobs: z.int().positive(),
  /** null where the experiment factorises nothing. */
  route: Route.nullable(),
  /** What devices do instead, where it was measured or asked for; absent: a rule by the ridges. */
  deviceRoute: DeviceRoute.optional(),
});
export type Plan = z.infer<typeof Plan>;

/** Jobs along each axis. */
export function jobGrid(plan: Plan): number[] {
  return plan.sizes.map((size, axis) => Math.ceil(size / (plan.chunk[axis] ?? 1)));
}

/** The box of job `number`. Throws RangeError outside [0, plan.jobs). */
export function boxOfJob(plan: Plan, number: number): Box {
  const from = indicesOf(number, jobGrid(plan)).map((index, axis) => index * (plan.chunk[axis] ?? 1));
  const to = from.map((start, axis) =>
    Math.min(start + (plan.chunk[axis] ?? 1), plan.sizes[axis] ?? 1));
  return { from, to };
}

/** A plan over `sizes` with `chunk` values per axis and job. */
export function planOf(sizes: readonly number[], chunk: readonly number[], route: Route | null): Plan {
  const plan = { sizes: [...sizes], chunk: [...chunk], points: pointCount(sizes), jobs: 1, route };
  return { ...plan, jobs: pointCount(jobGrid(plan)) };
}
