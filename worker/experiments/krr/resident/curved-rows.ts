// Curvature's products with X' = [X, Z] on a device; the formulas are those of ../curvature/operators.ts.
//
// Kept there are X', for each probe set what its gradients weigh rows by, and for each search what
// its operators are made of. A step of all searches takes vectors up and products down, each in one
// copy; in between what is in coordinates of the frames, ((q + 1) B, w), is the host's. Sums run in
// the order that library and device give them, as everywhere there.
import { CURVED_COLUMNS_MOST } from "../../../../schema/experiments/krr-curvature-cost.ts";
import type { Device, DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { sideBySide } from "../curvature/narrow.ts";
import type { Application, Operator } from "../curvature/operators.ts";
import type { Profile } from "../curvature/profile.ts";
import type { RowsOnDevice } from "../curvature/rows-on-device.ts";
import { type Pair, KeptPairs } from "./kept-pairs.ts";
import { chunksOf, inFrames, packed, placesOf } from "./curved-packing.ts";

export interface CurvedRowsOptions {
  readonly device: Device;
  /** X', (d, n'). */
  readonly rows: DeviceMatrix;
  /** What is kept for as long as X' is. */
  readonly workspace: Workspace;
  /** Bytes that may be kept of probe sets and of searches; one of each always is. */
  readonly profileBytes: number;
  readonly operatorBytes: number;
}

export function curvedRows(options: CurvedRowsOptions): RowsOnDevice {
  return new CurvedRows(options);
}

class CurvedRows implements RowsOnDevice {
  readonly #options: CurvedRowsOptions;
  /** toRow and toProbe, (n', B). */
  readonly #profiles: KeptPairs<Profile>;
  readonly #scratches = new Map<string, DeviceMatrix>();
  /** Of the P operators of a search, until they are forgotten: ρ, (n', P), and C, (n', P B) or nothing. */
  readonly #operators: KeptPairs<readonly Operator[]>;
  readonly #frames = new Map<Matrix, DeviceMatrix>();
  #searched: Workspace | null = null;

  constructor(options: CurvedRowsOptions) {
    this.#options = options;
    this.#profiles = new KeptPairs(options.profileBytes);
    this.#operators = new KeptPairs(options.operatorBytes);
  }

  gradientsInto(out: Matrix, weights: Matrix, profile: Profile, probes: Matrix): Matrix {
    const { device, rows, workspace } = this.#options;
    const w = weights.cols;
    const [toRow, toProbe] = this.#profiles.get(profile, () => [profile.toRow, profile.toProbe], workspace);
    const up = this.#written("weights", weights);
    const own = matrix(w, probes.cols);
    const together = Math.max(1, Math.floor(CURVED_COLUMNS_MOST / w));
    for (let from = 0; from < probes.cols; from += together) {
      const to = Math.min(from + together, probes.cols);
      const width = (to - from) * w;
      const inner = this.#scratch("inner", rows.cols, width);
      device.entryProducts(up, device.columns(toRow, from, to), inner);
      const outer = this.#scratch("outer", rows.rows, width);
      device.gemm({ a: rows, b: inner, c: outer });
      const share = this.#scratch("share", w, to - from);
      device.gemm({ a: up, b: device.columns(toProbe, from, to), c: share, transposeA: true });
      device.download(share, columns(own, from, to));
      device.download(outer, columns(out, from * w, to * w));
    }
    addOwn(out, own, probes);
    return own;
  }

  apply(applications: readonly Application[]): Matrix[] {
    return chunksOf(applications).flatMap((some) => this.#applyTogether(some));
  }

  forget(): void {
    this.#operators.clear();
    this.#frames.clear();
    this.#searched?.release();
    this.#searched = null;
  }

  #applyTogether(some: readonly Application[]): Matrix[] {
    const { device, rows } = this.#options;
    const { of: places, products, framed, crossed } = placesOf(some);
    const vectors = this.#written("vectors", sideBySide(some.map((one) => one.vectors)));
    const onRows = this.#scratch("on rows", rows.cols, vectors.cols);
    device.gemm({ a: rows, b: vectors, c: onRows, transposeA: true });
    const inner = this.#scratch("inner", rows.cols, products);
    const [onFrames, onCross] = [this.#scratch("on frames", framed, 1), this.#scratch("on cross", crossed, 1)];
    some.forEach((one, at) => {
      const { from, to, start, end, frame, cross: crossing } = places[at]!;
      const [weights, cross] = this.#operatorsOf(one);
      const y = device.columns(onRows, from, to);
      device.entryProducts(y, weights, device.columns(inner, start, end));
      device.gemm({ a: this.#frame(one.frame), b: device.columns(vectors, from, to), transposeA: true,
        c: device.part(onFrames, frame, { rows: one.frame.cols, cols: to - from }) });
      if (cross.cols > 0) device.gemm({ a: cross, b: y, transposeA: true,
        c: device.part(onCross, crossing, { rows: cross.cols, cols: to - from }) });
    });
    const small = inFrames(some, places, device.download(onFrames).data, device.download(onCross).data);
    const blocks = this.#written("blocks", packed(small.map(({ block }) => block)));
    const repeated = this.#written("repeated", packed(small.map(({ probes }) => probes)));
    let [block, probe] = [0, 0];
    const outer = this.#scratch("outer", rows.rows, products);
    some.forEach((one, at) => {
      const shape = small[at]!.probes;
      if (shape.cols === 0) return;
      device.gemm({ a: this.#operatorsOf(one)[1], b: device.part(repeated, probe, shape),
        c: device.columns(inner, places[at]!.start, places[at]!.end), alpha: -1, beta: 1 });
      probe += shape.rows * shape.cols;
    });
    device.gemm({ a: rows, b: inner, c: outer });
    some.forEach((one, at) => {
      const shape = small[at]!.block;
      device.gemm({ a: this.#frame(one.frame), b: device.part(blocks, block, shape),
        c: device.columns(outer, places[at]!.start, places[at]!.end), beta: 1 });
      block += shape.rows * shape.cols;
    });
    const found = device.download(outer);
    return some.map((one, at) => withShifts(one, columns(found, places[at]!.start, places[at]!.end)));
  }

  #operatorsOf({ operators, set }: Application): Pair<DeviceMatrix> {
    return this.#operators.get(operators,
      () => sideBySideOf(operators, this.#options.rows.cols, set.probes.cols), this.#workspace());
  }

  #frame(a: Matrix): DeviceMatrix {
    const known = this.#frames.get(a) ?? this.#workspace().upload(a);
    this.#frames.set(a, known);
    return known;
  }

  #workspace(): Workspace {
    return this.#searched ??= this.#options.device.open("operators of curvature");
  }

  #written(name: string, a: Matrix): DeviceMatrix {
    const to = this.#scratch(name, a.rows, a.cols);
    this.#options.device.write(a, to);
    return to;
  }

  /** A matrix of anything, on memory that the next call of the name takes again. */
  #scratch(name: string, rows: number, cols: number): DeviceMatrix {
    const { device, workspace } = this.#options;
    const held = this.#scratches.get(name);
    if (held !== undefined && held.rows * held.cols >= rows * cols) return device.part(held, 0, { rows, cols });
    if (held !== undefined) workspace.drop(held);
    this.#scratches.delete(name);
    const fresh = workspace.matrix(rows, cols);
    this.#scratches.set(name, fresh);
    return fresh;
  }
}

/** ρ and C of each, (n', P) and (n', P B), or no columns where there is no C. */
function sideBySideOf(operators: readonly Operator[], n: number, probes: number): Pair<Matrix> {
  const hasCross = operators.some(({ cross }) => cross !== null);
  const weights = matrix(n, operators.length);
  const crosses = matrix(n, hasCross ? operators.length * probes : 0);
  operators.forEach(({ rows, cross }, p) => {
    weights.data.set(rows, p * n);
    if (cross !== null) crosses.data.set(cross.data.subarray(0, n * probes), p * n * probes);
  });
  return [weights, crosses];
}

/** Adds own_kb x_b to column b w + k of the gradients. */
function addOwn(gradients: Matrix, own: Matrix, probes: Matrix): void {
  const [d, w] = [gradients.rows, own.rows];
  const [out, from] = [gradients.data, probes.data];
  for (let column = 0; column < w * probes.cols; column++) {
    const [factor, to, at] = [own.data[column]!, column * d, Math.floor(column / w) * d];
    if (factor === 0) continue;
    for (let i = 0; i < d; i++) out[to + i]! += factor * from[at + i]!;
  }
}

/** Adds τ v to each operator's columns. */
function withShifts({ operators, vectors }: Application, out: Matrix): Matrix {
  const length = out.rows * vectors.cols;
  operators.forEach(({ shift }, p) => {
    for (let at = 0; at < length; at++) out.data[p * length + at]! += shift * vectors.data[at]!;
  });
  return out;
}
