// The provider on one GPU: cuBLAS and cuSOLVER from the libraries that the machine has.
//
// The verbs below take matrices of the host: each copies in, computes and copies out, so that any
// experiment runs as it is. A job that can stay on the device uses `device` instead. Sums run in
// the order that library, version and device give them, which `detail` names; one stream, so not
// in one that depends on load.
import type { CudaVariables } from "../../schema/provider.ts";
import {
  applyReflectors, cholesky, gemm, gramLower, requirePivots, solveLower, symmetricEigen, toHost,
  tridiagonalise,
} from "./cuda/arithmetic.ts";
import { solveBatch } from "./cuda/batch.ts";
import { createDevice } from "./cuda/device.ts";
import { openSession, type Session } from "./cuda/session.ts";
import { choleskySingle } from "./cuda/single.ts";
import { CudaWorkspace, withWorkspace } from "./cuda/workspace.ts";
import type { Device } from "./device.ts";
import { matrix, type Matrix } from "./matrix.ts";
import { mirrorLower } from "./mirror.ts";
import { createPortable, tridiagonalEigenvalues } from "./portable.ts";
import type { DefiniteSystem, Gemm, LinalgProvider, Tridiagonal } from "./provider.ts";
import type { SingleFactor } from "./single.ts";
import { solveEach } from "./solve-each.ts";
import {
  planGemm, requireFiniteLower, requireMatrix, requireReflectors, requireSolve, requireSquare,
} from "./shapes.ts";

/** The provider, or null; `misses` says for each release tried why it did not do. */
export interface CudaSearch {
  readonly provider: CudaProvider | null;
  readonly misses: readonly string[];
}

export interface CudaProvider extends LinalgProvider {
  readonly session: Session;
  readonly device: Device;
  readonly host: LinalgProvider;
}

/**
 * Opens the first visible device. Never throws; may be called again, also on other threads.
 *
 * @param openHost who computes beside it what is too small to be carried there.
 */
export function openCuda(variables: CudaVariables = {}, openHost: () => LinalgProvider = createPortable): CudaSearch {
  const { session, misses } = openSession(variables);
  return { provider: session === null ? null : providerOn(session, openHost()), misses };
}

function providerOn(session: Session, host: LinalgProvider): CudaProvider {
  const factors = {
    cholesky: (a: Matrix) => hostCholesky(session, a),
    solveLower: (l: Matrix, b: Matrix, transpose = false) => hostSolveLower(session, { l, b, transpose }),
  };
  return {
    name: "cuda",
    detail: `${session.detail}; beside it ${host.name}: ${host.detail}`,
    session,
    host,
    device: createDevice(session),
    gemm: (options) => hostGemm(session, options),
    gram: (a) => hostGram(session, a),
    ...factors,
    solveBatch: (systems) => hostSolveBatch(session, factors, systems),
    choleskySingle: (a, shift) => hostCholeskySingle(session, a, shift),
    tridiagonalise: (a) => hostTridiagonalise(session, a),
    applyReflectors: (t, b, transpose = false) => hostApplyReflectors(session, { t, b, transpose }),
    // O(n²) and one number after the other: nothing for a device.
    tridiagonalEigenvalues,
    symmetricEigen: (a) => hostSymmetricEigen(session, a),
  };
}

function hostGemm(session: Session, options: Gemm): void {
  const { m, n, k, transposeA, transposeB, alpha, beta } = planGemm(options);
  if (m === 0 || n === 0) return;
  const { data } = options.c;
  if (k === 0) {
    for (let i = 0; i < m * n; i++) data[i] = beta === 0 ? 0 : data[i]! * beta;
    return;
  }
  withWorkspace(session, `a product of ${m} × ${k} and ${k} × ${n}`, (workspace) => {
    const [a, b] = [workspace.upload(options.a), workspace.upload(options.b)];
    const c = beta === 0 ? workspace.matrix(m, n) : workspace.upload(options.c);
    gemm(session, { a, b, c, transposeA, transposeB, alpha, beta });
    toHost(session, c, data);
  });
}

function hostGram(session: Session, a: Matrix): Matrix {
  requireMatrix("gram", a);
  const n = a.cols;
  const product = matrix(n, n);
  if (n === 0 || a.rows === 0) return product;
  withWorkspace(session, `the Gram matrix of ${n} columns`, (workspace) => {
    const c = workspace.matrix(n, n);
    gramLower(session, workspace.upload(a), c);
    toHost(session, c, product.data);
  });
  mirrorLower(product);
  return product;
}

function hostCholesky(session: Session, a: Matrix): void {
  const n = requireSquare("cholesky", a);
  if (n === 0) return;
  withWorkspace(session, `a Cholesky factor of order ${n}`, (workspace) => {
    const factor = workspace.upload(a);
    const refused = cholesky(session, factor);
    const lower = matrix(n, n);
    toHost(session, factor, lower.data);
    // What cuSOLVER leaves above the diagonal is not documented: only the lower triangle is taken.
    for (let j = 0; j < n; j++) {
      a.data.set(lower.data.subarray(j * n + j, (j + 1) * n), j * n + j);
    }
    requirePivots(refused, n, (i) => lower.data[i * n + i]!);
  });
}

function hostCholeskySingle(session: Session, a: Matrix, shift: number): SingleFactor | null {
  const n = requireSquare("choleskySingle", a);
  const own = new CudaWorkspace(session, `a float32 factor of order ${n}`);
  try {
    const whole = own.upload(a);
    const factor = choleskySingle(session, { a: whole, shift, into: own });
    own.drop(whole);
    if (factor === null) own.release();
    return factor;
  } catch (error) {
    own.release();
    throw error;
  }
}

function hostSolveBatch(
  session: Session,
  factors: Pick<LinalgProvider, "cholesky" | "solveLower">,
  systems: readonly DefiniteSystem[],
): void {
  for (const { a, b } of systems) {
    requireSquare("solveBatch", a);
    requireSolve(a, b, false);
  }
  // One that is not definite is factorised again, by the call that says at which pivot.
  solveEach(factors, solveBatch(session, systems));
}

interface Solve {
  readonly l: Matrix;
  readonly b: Matrix;
  readonly transpose: boolean;
}

function hostSolveLower(session: Session, { l, b, transpose }: Solve): void {
  requireSolve(l, b, transpose);
  if (b.rows === 0 || b.cols === 0) return;
  withWorkspace(session, `a triangle of order ${b.rows}`, (workspace) => {
    const x = workspace.upload(b);
    solveLower(session, workspace.upload(l), x, transpose);
    toHost(session, x, b.data);
  });
}

function hostTridiagonalise(session: Session, a: Matrix): Tridiagonal {
  const n = requireSquare("tridiagonalise", a);
  requireFiniteLower("tridiagonalise", a);
  const vector = (length: number): Float64Array => new Float64Array(Math.max(0, length));
  const [diagonal, offDiagonal, tau] = [vector(n), vector(n - 1), vector(n - 1)];
  if (n > 0) {
    withWorkspace(session, `a tridiagonal form of order ${n}`, (workspace) => {
      const t = {
        reflectors: workspace.upload(a),
        diagonal: workspace.matrix(n, 1),
        offDiagonal: workspace.matrix(n, 1),
        tau: workspace.matrix(n, 1),
      };
      tridiagonalise(session, t);
      toHost(session, t.reflectors, a.data);
      toHost(session, t.diagonal, diagonal);
      toHost(session, { rows: n - 1, cols: 1, address: t.offDiagonal.address }, offDiagonal);
      toHost(session, { rows: n - 1, cols: 1, address: t.tau.address }, tau);
    });
  }
  return { diagonal, offDiagonal, reflectors: a, tau };
}

interface Reflection {
  readonly t: Tridiagonal;
  readonly b: Matrix;
  readonly transpose: boolean;
}

function hostApplyReflectors(session: Session, { t, b, transpose }: Reflection): void {
  requireReflectors(t, b, transpose);
  // One row has no reflector.
  if (b.rows <= 1 || b.cols === 0) return;
  withWorkspace(session, `the reflectors of order ${b.rows}`, (workspace) => {
    const tau = workspace.upload(matrix(b.rows - 1, 1, t.tau));
    const x = workspace.upload(b);
    applyReflectors(session, { reflectors: workspace.upload(t.reflectors), tau }, x, transpose);
    toHost(session, x, b.data);
  });
}

function hostSymmetricEigen(session: Session, a: Matrix): { values: Float64Array; vectors: Matrix } {
  const n = requireSquare("symmetricEigen", a);
  requireFiniteLower("symmetricEigen", a);
  const values = new Float64Array(n);
  withWorkspace(session, `an eigendecomposition of order ${n}`, (workspace) => {
    const [vectors, spectrum] = [workspace.upload(a), workspace.matrix(n, 1)];
    symmetricEigen(session, vectors, spectrum);
    toHost(session, vectors, a.data);
    toHost(session, spectrum, values);
  });
  return { values, vectors: a };
}
