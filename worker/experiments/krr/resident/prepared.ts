// What one (replicate, kernel, length scale) prepares once on a device: the counterpart of
// ../prepared.ts. Kernel matrices are made there from the rows, factorised there, and stay.
import type { DataPool } from "../../../../data/draw.ts";
import { residentMemoryBytes, type ResidentRoute, residentRoute } from "../../../../schema/experiments/krr-device.ts";
import { curvatureKept } from "../../../../schema/experiments/krr-curvature-cost.ts";
import { krrShape } from "../../../../schema/experiments/krr-cost.ts";
import type { Device, DeviceMatrix, ElementMap, Workspace } from "../../../linalg/device.ts";
import type { Matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { isMeasuredByDistance } from "../geometry.ts";
import { absoluteLengthScale, type Hopeless, type PrepareRequest } from "../prepared.ts";
import type { Poisons } from "../poisons.ts";
import type { Setting } from "../setting.ts";
import { elementMap } from "./map.ts";
import { type ResidentRows, residentRows } from "./rows.ts";
import { residentMixed } from "./mixed.ts";
import { residentCholesky, residentEigen, type ResidentSolver } from "./solver.ts";

export interface ResidentPrepared {
  readonly setting: Setting;
  readonly replicate: number;
  readonly linalg: LinalgProvider;
  readonly device: Device;
  readonly route: ResidentRoute;
  /** In units of feature distance; NaN for kernels without one. */
  readonly lengthScale: number;
  readonly geometry: {
    readonly poisons: Poisons;
    readonly testLabels: Int32Array;
    readonly classes: number;
    readonly dimension: number;
  };
  /** The test rows each target's attack succeeds or fails on: the target, or −1 to leave out. */
  readonly victims: readonly Int32Array[];
  readonly rows: ResidentRows;
  readonly measure: Measure;
  readonly solver: ResidentSolver;
  /** X, (d, n). */
  readonly train: DeviceMatrix;
  /** X with room for the M poisons of a scene behind it, (d, n + M); null where nobody asks for them there. */
  readonly rowsWithPoisons: DeviceMatrix | null;
  /** Qᵀ Y, (n, q). */
  readonly codes: DeviceMatrix;
  /** Qᵀ K_XT, (n, t). */
  readonly trainTest: DeviceMatrix;
  /** Bytes that curvature may keep there. */
  readonly kept: ReturnType<typeof curvatureKept>;
  /** What holds all of these. */
  readonly workspace: Workspace;
}

/** Makes kernel matrices on the device from rows there; null where one is not finite. */
export interface Measure {
  /** What kernel values are a function of: squared distances or inner products. */
  plain(x: DeviceMatrix, z: DeviceMatrix, into: Workspace): DeviceMatrix;
  between(x: DeviceMatrix, z: DeviceMatrix, into: Workspace): DeviceMatrix | null;
  /** Of one set of rows with itself. */
  within(x: DeviceMatrix, into: Workspace): DeviceMatrix | null;
}

export function prepareResident(
  request: PrepareRequest,
  pool: DataPool,
  { linalg, device }: { readonly linalg: LinalgProvider; readonly device: Device },
): ResidentPrepared | Hopeless {
  const { setting, spec } = request;
  const rows = residentRows(request, pool, linalg);
  const { train, test } = rows;
  const shape = { ...krrShape(spec, request.description, setting.plan),
    classes: rows.codes.cols, poisons: rows.rows.poisons.rows.length };
  const route = residentRoute(spec, setting.plan, shape.systems);
  const what = `a krr job of ${train.cols} training and ${test.cols} test rows`;
  device.require(residentMemoryBytes(shape, route), what);
  const workspace = device.open(what);
  try {
    const made = makeResident(request, { linalg, device, rows, route, workspace, kept: curvatureKept(shape) });
    if (made.solver === null) workspace.release();
    return made;
  } catch (error) {
    workspace.release();
    throw error;
  }
}

interface Making {
  readonly linalg: LinalgProvider;
  readonly device: Device;
  readonly rows: ResidentRows;
  readonly route: ResidentRoute;
  readonly workspace: Workspace;
  readonly kept: ResidentPrepared["kept"];
}

function makeResident(request: PrepareRequest, making: Making): ResidentPrepared | Hopeless {
  const { setting, spec } = request;
  const { linalg, device, rows, route, workspace, kept } = making;
  const byDistance = isMeasuredByDistance(spec.kernel);
  const [d, n] = [rows.train.rows, rows.train.cols];
  const keeps = spec.curvature !== undefined || spec.screening !== undefined;
  const whole = workspace.matrix(d, n + (keeps ? rows.rows.poisons.rows.length : 0));
  const train = device.columns(whole, 0, n);
  device.write(rows.train, train);
  const kernel = workspace.matrix(train.cols, train.cols);
  if (byDistance) device.squaredDistancesWithin(train, kernel);
  else device.gram(train, kernel);
  const isMeasured = device.isFinite(kernel);
  const median = isMeasured ? rows.median(() => device.download(kernel)) : Number.NaN;
  const lengthScale = absoluteLengthScale(spec.kernel, request.lengthScale, median);
  if (!isMeasured) return { solver: null, lengthScale };
  const map = elementMap(spec.kernel, lengthScale, train.rows);
  device.map(kernel, map);
  if (!byDistance && !device.isFinite(kernel)) return { solver: null, lengthScale };
  const measure = measureOn(device, map, byDistance);
  const test = workspace.upload(rows.test);
  const trainTest = measure.between(train, test, workspace);
  workspace.drop(test);
  if (trainTest === null) return { solver: null, lengthScale };
  const solver = spec.precision !== undefined ? residentMixed(kernel, device)
    : route === "potrf" ? residentCholesky(kernel, device) : residentEigen(kernel, device, workspace);
  const inBasis = (b: DeviceMatrix): DeviceMatrix => {
    const rotated = solver.toBasis(b, workspace);
    if (rotated !== b) workspace.drop(b);
    return rotated;
  };
  const { poisons, testLabels, classes } = rows.rows;
  const asked = (target: number): Int32Array => testLabels.map((label) => (label === target ? -1 : target));
  return {
    setting, linalg, device, route, lengthScale, rows, measure, solver, train, workspace, kept,
    replicate: request.replicate,
    rowsWithPoisons: keeps ? whole : null,
    geometry: { poisons, testLabels, classes, dimension: d },
    victims: setting.target.values.map(asked),
    codes: inBasis(workspace.upload(rows.codes)),
    trainTest: inBasis(trainTest),
  };
}

function measureOn(device: Device, map: ElementMap, byDistance: boolean): Measure {
  const mapped = (measures: DeviceMatrix): DeviceMatrix | null => {
    // An infinite distance would pass as a kernel value of 0.
    if (!device.isFinite(measures)) return null;
    device.map(measures, map);
    return byDistance || device.isFinite(measures) ? measures : null;
  };
  const plain: Measure["plain"] = (x, z, into) => {
    const out = into.matrix(x.cols, z.cols);
    if (byDistance) device.squaredDistances(x, z, out);
    else device.gemm({ a: x, b: z, c: out, transposeA: true });
    return out;
  };
  return {
    plain,
    between: (x, z, into) => mapped(plain(x, z, into)),
    within(x, into) {
      const out = into.matrix(x.cols, x.cols);
      if (byDistance) device.squaredDistancesWithin(x, out);
      else device.gram(x, out);
      return mapped(out);
    },
  };
}

/** AᵀB, on the host. */
export function productOf(a: DeviceMatrix, b: DeviceMatrix, { device }: Pick<ResidentPrepared, "device">): Matrix {
  const workspace = device.open("a product");
  try {
    const c = workspace.matrix(a.cols, b.cols);
    device.gemm({ a, b, c, transposeA: true });
    return device.download(c);
  } finally {
    workspace.release();
  }
}
