// Kernel values of one trigger strength: large ones stay on the device, those of poisons come back.
import type { DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import type { Matrix } from "../../../linalg/matrix.ts";
import type { ProbedScene } from "../curvature/probes.ts";
import type { ScreenedScene } from "../screening/screened.ts";
import { probedOn } from "./probed.ts";
import type { ResidentPrepared } from "./prepared.ts";
import { screenedOn } from "./screened.ts";

/** M poison rows, t triggered test rows; the same test rows clean. */
export interface ResidentScene {
  /** Qᵀ K_XT', (n, t), and Qᵀ K_XZ, (n, M). */
  readonly trainTriggered: DeviceMatrix;
  readonly trainPoison: DeviceMatrix;
  /** K_ZT, K_ZT', (M, t), and K_ZZ, (M, M), on the host. */
  readonly poisonTest: Matrix;
  readonly poisonTriggered: Matrix;
  readonly poisonPoison: Matrix;
  /** What curvature looks at; null where it is not asked for. */
  readonly probed: ProbedScene | null;
  /** What screening looks at; likewise. */
  readonly screened: ScreenedScene | null;
}

/** null where a kernel value is not finite. */
export function residentScene(
  prepared: ResidentPrepared,
  strength: number,
  into: Workspace,
): ResidentScene | null {
  const { rows, device, measure, train, solver } = prepared;
  const triggered = rows.triggered(strength);
  // Rows and kernels that are needed only here go when this returns.
  const passing = device.open(`a trigger of strength ${strength}`);
  try {
    const poisons = passing.upload(triggered.poisons);
    const test = passing.upload(triggered.test);
    const kernels = {
      trainTriggered: measure.between(train, test, passing),
      trainPoison: measure.between(train, poisons, passing),
      poisonTest: measure.between(poisons, passing.upload(rows.test), passing),
      poisonTriggered: measure.between(poisons, test, passing),
      poisonPoison: measure.within(poisons, passing),
    };
    const { trainTriggered, trainPoison, poisonTest, poisonTriggered, poisonPoison } = kernels;
    if (trainTriggered === null || trainPoison === null || poisonTest === null ||
      poisonTriggered === null || poisonPoison === null) return null;
    // Behind the training rows, where those of the strength before lay.
    const { rowsWithPoisons: whole } = prepared;
    if (whole !== null) device.copy(poisons, device.columns(whole, train.cols, whole.cols));
    const inBasis = (b: DeviceMatrix): DeviceMatrix => {
      const rotated = solver.toBasis(b, into);
      if (rotated !== b) return rotated;
      const own = into.matrix(b.rows, b.cols);
      device.copy(b, own);
      return own;
    };
    return {
      trainTriggered: inBasis(trainTriggered),
      trainPoison: inBasis(trainPoison),
      poisonTest: device.download(poisonTest),
      poisonTriggered: device.download(poisonTriggered),
      poisonPoison: device.download(poisonPoison),
      probed: probedOn(prepared, triggered, into),
      screened: screenedOn(prepared, triggered, into),
    };
  } finally {
    passing.release();
  }
}
