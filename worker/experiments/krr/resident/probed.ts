// What curvature looks at on a device: X' and the measures there, and everything small on the host.
import { besideDevice } from "../../../linalg/beside.ts";
import type { DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import type { Matrix } from "../../../linalg/matrix.ts";
import { sideBySide } from "../curvature/narrow.ts";
import type { CurvaturePrepared, ProbedScene } from "../curvature/probes.ts";
import { takeColumns } from "../matrix-parts.ts";
import { curvedRows } from "./curved-rows.ts";
import type { ResidentPrepared } from "./prepared.ts";

/** The setting as curvature reads it: its narrow products are the host's. */
export function curvaturePrepared(prepared: ResidentPrepared): CurvaturePrepared {
  return { ...prepared, linalg: besideDevice(prepared.linalg) };
}

/** @returns null where the study asks for no curvature. The poisons lie behind the training rows. */
export function probedOn(
  prepared: ResidentPrepared,
  { test, poisons }: { readonly test: Matrix; readonly poisons: Matrix },
  into: Workspace,
): ProbedScene | null {
  const { device, measure, rows, rowsWithPoisons: whole, setting } = prepared;
  if (whole === null || setting.spec.curvature === undefined) return null;
  const tests = { clean: rows.test, triggered: test };
  return {
    rows: sideBySide([rows.train, poisons]),
    device: curvedRows({ device, rows: whole, workspace: into, ...prepared.kept }),
    test: tests,
    measures(of, chosen) {
      const passing = device.open(`measures of ${chosen.length} probes`);
      try {
        return device.download(measure.plain(whole, passing.upload(takeColumns(tests[of], chosen)), passing));
      } finally {
        passing.release();
      }
    },
  };
}

/** Weights in the rows' own order, side by side, on the host. */
export function weightsOf({ device, solver }: ResidentPrepared, parts: readonly DeviceMatrix[], workspace: Workspace): Matrix {
  return sideBySide(parts.map((part) => {
    const turned = solver.fromBasis(part, workspace);
    const own = device.download(turned);
    if (turned !== part) workspace.drop(turned);
    return own;
  }));
}
