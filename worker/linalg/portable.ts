// The provider that is always there: TypeScript, with its inner loops as WebAssembly that is
// assembled here.
//
// It uses additions, multiplications, divisions and square roots of doubles in a fixed order and
// nothing else, so it gives the same bits on every machine.
import { matrix, type Matrix } from "./matrix.ts";
import { mirrorLower } from "./mirror.ts";
import { factorise } from "./portable/cholesky.ts";
import { eigenOfTridiagonal } from "./portable/divide.ts";
import { eigenvaluesOf } from "./portable/eigenvalues.ts";
import { createEngine, type Engine } from "./portable/engine.ts";
import { multiply, plain, transposed, type Block } from "./portable/multiply.ts";
import { applyBlocks } from "./portable/reflect.ts";
import { solve, solveTransposed } from "./portable/solve.ts";
import { choleskySingle } from "./portable/single.ts";
import { reduce } from "./portable/tridiagonalise.ts";
import type { Gemm, LinalgProvider, Tridiagonal } from "./provider.ts";
import { solveEach } from "./solve-each.ts";
import {
  planGemm,
  requireFiniteLower,
  requireFiniteVector,
  requireMatrix,
  requireReflectors,
  requireSolve,
  requireSquare,
  requireTridiagonal,
} from "./shapes.ts";

/** A provider for the calling thread. Its workspace grows to 8n² bytes for spectra of order n. */
export function createPortable(): LinalgProvider {
  const engine = createEngine();
  const factors = {
    cholesky: (a: Matrix) => factorise(engine, whole(a), requireSquare("cholesky", a)),
    solveLower: (l: Matrix, b: Matrix, transpose = false) => solveLower(engine, l, b, transpose),
  };
  return {
    name: "portable",
    detail: "TypeScript and WebAssembly, 1 thread",
    gemm: (options) => gemm(engine, options),
    gram: (a) => gram(engine, a),
    ...factors,
    solveBatch: (systems) => solveEach(factors, systems),
    choleskySingle,
    tridiagonalise: (a) => tridiagonalise(engine, a),
    applyReflectors: (t, b, transpose = false) => {
      requireReflectors(t, b, transpose);
      applyBlocks(engine, t, b, transpose);
    },
    tridiagonalEigenvalues,
    symmetricEigen: (a) => symmetricEigen(engine, a),
  };
}

function whole(a: Matrix): Block {
  return { data: a.data, offset: 0, stride: a.rows };
}

function gemm(engine: Engine, options: Gemm): void {
  const { m, n, k, transposeA, transposeB, alpha, beta } = planGemm(options);
  const [a, b] = [whole(options.a), whole(options.b)];
  multiply(engine, {
    m,
    n,
    inner: k,
    a: transposeA ? transposed(a) : plain(a),
    b: transposeB ? transposed(b) : plain(b),
    c: whole(options.c),
    alpha,
    beta,
  });
}

function gram(engine: Engine, a: Matrix): Matrix {
  requireMatrix("gram", a);
  const product = matrix(a.cols, a.cols);
  multiply(engine, {
    m: a.cols,
    n: a.cols,
    inner: a.rows,
    a: transposed(whole(a)),
    b: plain(whole(a)),
    c: whole(product),
    alpha: 1,
    beta: 0,
    lower: true,
  });
  mirrorLower(product);
  return product;
}

function solveLower(engine: Engine, l: Matrix, b: Matrix, transpose: boolean): void {
  requireSolve(l, b, transpose);
  const run = transpose ? solveTransposed : solve;
  run(engine, whole(l), whole(b), { n: b.rows, k: b.cols });
}

function tridiagonalise(engine: Engine, a: Matrix): Tridiagonal {
  requireSquare("tridiagonalise", a);
  requireFiniteLower("tridiagonalise", a);
  return reduce(engine, a);
}

/** As the port's verb. */
export function tridiagonalEigenvalues(diagonal: Float64Array, offDiagonal: Float64Array): Float64Array {
  requireTridiagonal(diagonal, offDiagonal);
  requireFiniteVector("tridiagonalEigenvalues", "diagonal", diagonal);
  requireFiniteVector("tridiagonalEigenvalues", "offDiagonal", offDiagonal);
  return eigenvaluesOf(diagonal, offDiagonal);
}

function symmetricEigen(engine: Engine, a: Matrix): { values: Float64Array; vectors: Matrix } {
  requireSquare("symmetricEigen", a);
  requireFiniteLower("symmetricEigen", a);
  const t = reduce(engine, a);
  const { values, vectors } = eigenOfTridiagonal(engine, t.diagonal, t.offDiagonal);
  applyBlocks(engine, t, vectors, false);
  return { values, vectors };
}
