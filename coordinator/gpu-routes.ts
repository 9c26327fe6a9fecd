// Where routes break even on this machine's GPU: measured by `doctor`, kept in a file, and read when
// a plan is made, or by a worker, whose presence tells it to who plans elsewhere. The plan records
// the route, so that every job of a study takes the same one.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { measuredRoute } from "../schema/experiments/krr-device.ts";
import { systemsOf } from "../schema/experiments/krr-cost.ts";
import { UserError } from "../schema/failure.ts";
import type { Gpu } from "../schema/job.ts";
import { BreakEven, type DeviceRoute } from "../schema/plan.ts";
import { type Context, dataCache } from "./context.ts";
import type { ChooseDeviceRoute } from "./plan.ts";

const Measured = z.strictObject({
  /** Device, driver and libraries, as the provider tells of itself. */
  device: z.string(),
  breakEven: z.array(BreakEven).min(1),
});
export type MeasuredGpu = z.infer<typeof Measured>;

export function gpuRoutesFile(context: Context): string {
  return join(dataCache(context, undefined), "gpu-routes.json");
}

/** What the last `doctor` here measured; null if none has. Throws UserError if the file is broken. */
export function readGpuRoutes(file: string): MeasuredGpu | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  const parsed = Measured.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new UserError(`${file}: expected what nearclone doctor writes on a machine with a GPU: remove it, or run doctor again`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function writeGpuRoutes(file: string, measured: MeasuredGpu): void {
  mkdirSync(dirname(file), { recursive: true });
  // Whole or not at all: a plan may be made meanwhile.
  writeFileSync(`${file}.new`, `${JSON.stringify(measured, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** What a user may ask for; `auto` is what was measured here, else a rule by the ridges. */
export type GpuRouteChoice = "auto" | DeviceRoute;

/**
 * @param gpus those that a cluster's workers tell of: the route that most of them take less time for is
 *   theirs, whatever this machine's own GPU does.
 */
export function deviceRoutes(context: Context, choice: GpuRouteChoice, gpus: readonly Gpu[] = []): ChooseDeviceRoute {
  // Float32 factors are one for each ridge, whatever was measured.
  if (choice !== "auto") return (spec) => (spec.precision === undefined ? choice : null);
  const told = gpus.flatMap(({ breakEven }) => (breakEven === undefined ? [] : [breakEven]));
  const own = told.length > 0 ? null : readGpuRoutes(gpuRoutesFile(context));
  const measured = own === null ? told : [own.breakEven];
  if (measured.length === 0) return () => null;
  return (spec) => {
    if (spec.precision !== undefined) return null;
    const routes = measured.map((one) => measuredRoute(one, { train: spec.data.train, systems: systemsOf(spec) }));
    return 2 * routes.filter((route) => route === "syevd").length > routes.length ? "syevd" : "potrf";
  };
}
