// A Cholesky factor in float32 on the device. Right-hand sides come from the host and go back: a
// few columns beside n² numbers that stay.
import { matrix, type Matrix } from "../matrix.ts";
import type { DeviceMatrix, Workspace } from "../device.ts";
import { hasRoots, type SingleFactor, type SingleSums } from "../single.ts";
import { choleskySingle as factorise, solveLowerSingle, toHost } from "./arithmetic.ts";
import type { Session } from "./session.ts";
import { type CudaMatrix, placed, withWorkspace } from "./workspace.ts";

export interface SingleRequest {
  /** (n, n), of which the lower triangle is read. */
  readonly a: CudaMatrix;
  readonly shift: number;
  /** Whose memory the factor is in. */
  readonly into: Workspace;
}

/** null where A + shift · I is not positive definite in float32. */
export function choleskySingle(session: Session, { a, shift, into }: SingleRequest): SingleFactor | null {
  const n = a.rows;
  const l = floats(into, n, n);
  session.kernels().launch("narrow_lower", n * n, l.placed.address, a.address, n, shift);
  const refused = factorise(session, l.placed);
  const { roots, rowSquares } = rowsOf(session, l);
  if (refused > 0 || !hasRoots((i) => roots[i]!, n)) {
    into.drop(l.memory);
    return null;
  }
  return {
    solve: (b) => solve(session, l, b),
    sums: () => ({ roots, rowSquares, inverseSquares: inverseSquares(session, l) }),
    release: () => into.drop(l.memory),
  };
}

interface Floats {
  /** What owns the memory: half as many doubles. */
  readonly memory: DeviceMatrix;
  readonly placed: { readonly rows: number; readonly cols: number; readonly address: number };
}

function floats(into: Workspace, rows: number, cols: number): Floats {
  const memory = into.matrix(Math.ceil((rows * cols) / 2), 1);
  return { memory, placed: { rows, cols, address: placed(memory).address } };
}

/** Of a lower triangle: its diagonal, and each row's squares below. */
function rowsOf(session: Session, l: Floats): Pick<SingleSums, "roots" | "rowSquares"> {
  const n = l.placed.rows;
  return withWorkspace(session, "a factor's rows", (workspace) => {
    const [roots, below] = [workspace.matrix(n, 1), workspace.matrix(n, 1)];
    session.kernels().launch("single_sums", n, roots.address, below.address, l.placed.address, n);
    return { roots: hostOf(session, roots), rowSquares: hostOf(session, below) };
  });
}

function hostOf(session: Session, a: CudaMatrix): Float64Array {
  const { data } = matrix(a.rows, 1);
  toHost(session, a, data);
  return data;
}

function inverseSquares(session: Session, l: Floats): number {
  const n = l.placed.rows;
  return withWorkspace(session, `the inverse of a float32 factor of order ${n}`, (workspace) => {
    const inverse = floats(workspace, n, n);
    session.kernels().launch("identity_single", n * n, inverse.placed.address, n);
    solveLowerSingle(session, l.placed, inverse.placed, false);
    return rowsOf(session, inverse).rowSquares.reduce((sum, value) => sum + value, 0);
  });
}

function solve(session: Session, l: Floats, b: Matrix): void {
  const count = b.rows * b.cols;
  if (count === 0) return;
  withWorkspace(session, `${b.cols} columns of ${b.rows} in float32`, (workspace) => {
    const wide = workspace.upload(b);
    const x = floats(workspace, b.rows, b.cols);
    session.kernels().launch("narrow", count, x.placed.address, wide.address, count);
    solveLowerSingle(session, l.placed, x.placed, false);
    solveLowerSingle(session, l.placed, x.placed, true);
    session.kernels().launch("widen", count, wide.address, x.placed.address, count);
    toHost(session, wide, b.data);
  });
}
