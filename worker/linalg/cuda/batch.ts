// Many small systems at once: one call of cuSOLVER and two of cuBLAS for all of them. Larger ones one
// after the other, each carried to the device once: to carry one takes longer than to factorise it
// up to orders of tens of thousands, and by the verbs it would cross the bus four times.
//
// Batched calls take matrices of one order, so smaller ones are bordered by a unit matrix, which
// changes neither their factor nor their solution.
import { matrix } from "../matrix.ts";
import type { DefiniteSystem } from "../provider.ts";
import { cholesky, factoriseBatch, solveLower, solveLowerBatch, toDevice, toHost } from "./arithmetic.ts";
import type { Session } from "./session.ts";
import { withWorkspace } from "./workspace.ts";

/**
 * Above this order a system keeps a device busy by itself. A guess: the benchmark's part `batch`
 * measures both ways.
 */
export const BATCH_ORDER_MAX = 256;
/** Of matrices in one call, so that a batch's memory is bounded. */
const BATCH_BYTES_MAX = 2 ** 28;

/**
 * Solves systems over their right-hand sides.
 *
 * @returns those that are left: whose matrix is not positive definite, or that have no right-hand side.
 */
export function solveBatch(session: Session, systems: readonly DefiniteSystem[]): readonly DefiniteSystem[] {
  const [small, large] = [systems.filter(isSmall), systems.filter((one) => !isSmall(one))];
  const left = large.filter((one) => !solveOne(session, one));
  const order = small.reduce((most, { a }) => Math.max(most, a.rows), 1);
  const width = small.reduce((most, { b }) => Math.max(most, b.cols), 1);
  const together = Math.max(1, Math.floor(BATCH_BYTES_MAX / (8 * order * (order + width))));
  for (let start = 0; start < small.length; start += together) {
    left.push(...solveTogether(session, small.slice(start, start + together), { order, width }));
  }
  return left;
}

/** Whether the solution is there: not where the matrix is not positive definite. */
function solveOne(session: Session, { a, b }: DefiniteSystem): boolean {
  if (a.rows === 0) return true;
  if (b.cols === 0) return false;
  return withWorkspace(session, `a system of order ${a.rows}`, (workspace) => {
    const [l, x] = [workspace.upload(a), workspace.upload(b)];
    if (cholesky(session, l) !== 0) return false;
    for (const transpose of [false, true]) solveLower(session, l, x, transpose);
    const solution = new Float64Array(b.rows * b.cols);
    toHost(session, x, solution);
    if (!solution.every((value) => Number.isFinite(value))) return false;
    b.data.set(solution);
    return true;
  });
}

function isSmall({ a, b }: DefiniteSystem): boolean {
  return a.rows > 0 && a.rows <= BATCH_ORDER_MAX && b.cols > 0;
}

interface Shape {
  readonly order: number;
  readonly width: number;
}

function solveTogether(session: Session, systems: readonly DefiniteSystem[], shape: Shape): DefiniteSystem[] {
  const { order, width } = shape;
  const count = systems.length;
  const [all, right] = bordered(systems, shape);
  return withWorkspace(session, `${count} systems of order ${order}`, (workspace) => {
    const a = workspace.upload(matrix(order, order * count, all));
    const b = workspace.upload(matrix(order, width * count, right));
    const addresses = (first: number, cols: number): number => {
      const list = BigUint64Array.from(systems, (_, at) => BigInt(first + 8 * order * cols * at));
      const out = workspace.matrix(count, 1);
      toDevice(session, new Float64Array(list.buffer), out);
      return out.address;
    };
    const batch = { order, width, count, a: addresses(a.address, order), b: addresses(b.address, width) };
    const verdicts = workspace.matrix(Math.ceil(count / 2), 1);
    factoriseBatch(session, batch, verdicts.address);
    for (const transpose of [false, true]) solveLowerBatch(session, batch, transpose);
    const told = new Float64Array(verdicts.rows);
    toHost(session, verdicts, told);
    toHost(session, b, right);
    const refused = new Int32Array(told.buffer);
    return systems.filter((one, at) => {
      const solution = right.subarray(order * width * at, order * width * (at + 1));
      // A NaN pivot may pass; what follows from it is in the solution.
      if (refused[at] !== 0 || !solution.every((value) => Number.isFinite(value))) return true;
      for (let j = 0; j < one.b.cols; j++) {
        one.b.data.set(solution.subarray(order * j, order * j + one.b.rows), j * one.b.rows);
      }
      return false;
    });
  });
}

/** Matrices and right-hand sides one behind the other, each of the whole order and width. */
function bordered(systems: readonly DefiniteSystem[], { order, width }: Shape): [Float64Array, Float64Array] {
  const all = new Float64Array(order * order * systems.length);
  const right = new Float64Array(order * width * systems.length);
  systems.forEach(({ a, b }, at) => {
    const [first, firstRight] = [order * order * at, order * width * at];
    for (let j = 0; j < order; j++) {
      if (j < a.rows) all.set(a.data.subarray(j * a.rows, (j + 1) * a.rows), first + j * order);
      else all[first + j * order + j] = 1;
    }
    for (let j = 0; j < b.cols; j++) right.set(b.data.subarray(j * b.rows, (j + 1) * b.rows), firstRight + j * order);
  });
  return [all, right];
}
