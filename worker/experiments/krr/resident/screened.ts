// What screening looks at on a device: the kernel of all rows and poisons of a strength is made there,
// training sets are taken out of it and solved there, and what comes back are blocks by class, weights
// and scores. Clones are copies to the last bit, as on the host: clusters may fall by less.
import { ComputeError } from "../../../../schema/failure.ts";
import { forOrder } from "../../../linalg/beside.ts";
import type { DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import { classFeatures } from "../../../screening/class-features.ts";
import { takeRows } from "../matrix-parts.ts";
import { type Members, type ScreenedPrepared, type ScreenedScene, spread } from "../screening/screened.ts";
import type { SetKernel } from "../screening/set-kernel.ts";
import { labelsOf } from "../screening/training-set.ts";
import type { ResidentPrepared } from "./prepared.ts";

export function screenedPrepared(prepared: ResidentPrepared): ScreenedPrepared {
  return { ...prepared, labels: labelsOf(prepared.rows.codes, prepared.geometry.classes) };
}

/** @returns null where the study asks for no screening. The poisons lie behind the training rows. */
export function screenedOn(
  prepared: ResidentPrepared,
  { test, poisons }: { readonly test: Matrix; readonly poisons: Matrix },
  into: Workspace,
): ScreenedScene | null {
  const { device, measure, rows, rowsWithPoisons: whole, setting } = prepared;
  if (whole === null || setting.spec.screening === undefined) return null;
  const tests = { clean: rows.test, triggered: test };
  const n = rows.train.cols;
  const kernelOfAll = once(() => finite(measure.within(whole, into)));
  const toTest = (of: keyof typeof tests) => once(() => within(prepared, "kernels of test rows", (passing) =>
    device.download(finite(measure.between(whole, passing.upload(tests[of]), passing)))));
  const testKernels = { clean: toTest("clean"), triggered: toTest("triggered") };
  let last: DeviceMatrix | null = null;
  return {
    rows: { train: rows.train, poisons, test: rows.test, triggered: test },
    kernelOf(members) {
      const all = kernelOfAll();
      if (last !== null) into.drop(last);
      last = null;
      const places = placesOf(members, n);
      last = into.matrix(places.length, places.length);
      device.takeBlock(all, places, last);
      return setKernel(last, prepared);
    },
    between: (members, of) => takeRows(testKernels[of](), placesOf(members, n)),
    scoresAt(some) {
      const kernel = within(prepared, `${some.cols} rows`, (passing) => finite(measure.between(whole, passing.upload(some), into)));
      return (members, weights) => within(prepared, `scores at ${some.cols} rows`, (passing) => {
        const parts = spread(members, weights, [n, poisons.cols]);
        const all = passing.matrix(whole.cols, weights.cols);
        device.write(stacked(...parts), all);
        const out = passing.matrix(weights.cols, some.cols);
        device.gemm({ a: all, b: kernel, c: out, transposeA: true });
        return device.download(out);
      });
    },
  };
}

function setKernel(kernel: DeviceMatrix, prepared: ResidentPrepared): SetKernel {
  const { device, linalg } = prepared;
  const block = (rows: Int32Array): Matrix => within(prepared, `a block of ${rows.length} rows`, (passing) => {
    const out = passing.matrix(rows.length, rows.length);
    device.takeBlock(kernel, rows, out);
    return device.download(out);
  });
  return {
    block,
    features: (rows, most) => classFeatures(block(rows), most, forOrder(linalg, rows.length)),
    solve: (c, codes) => within(prepared, `a system of order ${kernel.rows}`, (passing) => {
      const factor = passing.matrix(kernel.rows, kernel.rows);
      device.copy(kernel, factor);
      device.addToDiagonal(factor, c);
      device.cholesky(factor);
      const x = passing.upload(codes);
      device.solveLower(factor, x);
      device.solveLower(factor, x, true);
      return device.download(x);
    }),
  };
}

/** Where the members lie among training rows and the poisons behind them. */
function placesOf({ clean, poisons }: Members, trained: number): Int32Array {
  const out = new Int32Array(clean.length + poisons.length);
  out.set(clean);
  poisons.forEach((row, i) => {
    out[clean.length + i] = trained + row;
  });
  return out;
}

function within<Value>({ device }: ResidentPrepared, what: string, run: (passing: Workspace) => Value): Value {
  const passing = device.open(what);
  try {
    return run(passing);
  } finally {
    passing.release();
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}

function finite(kernel: DeviceMatrix | null): DeviceMatrix {
  if (kernel !== null) return kernel;
  throw new ComputeError("numeric", "not_finite", "a kernel value of a training set or blend is not finite");
}

/** A above B. */
function stacked(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows + b.rows, a.cols);
  for (let j = 0; j < a.cols; j++) {
    out.data.set(a.data.subarray(j * a.rows, (j + 1) * a.rows), j * out.rows);
    out.data.set(b.data.subarray(j * b.rows, (j + 1) * b.rows), j * out.rows + a.rows);
  }
  return out;
}
