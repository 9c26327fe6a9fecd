// Householder reduction of a symmetric matrix to tridiagonal form, a panel of columns at a time.
//
// The matrix lives in the engine's memory meanwhile. Reflector j, H = I − τ v vᵀ, takes column j
// to its sub-diagonal. Applied to both sides it subtracts v wᵀ + w vᵀ with w = p − ½τ(pᵀv) v and
// p = τ A v; within a panel these updates are kept as columns of U = [v₀ w₀ v₁ w₁ …] and applied
// only where a column or a product needs them, then to the rest of the matrix as one product of
// rank 2·PANEL (Dongarra, Sorensen and Hammarling, 1989). Half of the work remains A v.
import type { Matrix } from "../matrix.ts";
import type { Tridiagonal } from "../provider.ts";
import { AREA, type Engine } from "./engine.ts";
import { multiply, plain, transposed } from "./multiply.ts";

/** Reflectors between two updates of the whole. */
const PANEL = 32;
/** Kernels work on whole pairs of rows and fours of columns; what is beyond the matrix is zero. */
const MARGIN = 4;

/** Places of the working matrices in the engine's memory; all columns have the same stride. */
interface Layout {
  readonly n: number;
  readonly stride: number;
  readonly a: number;
  /** U, 2·PANEL columns. */
  readonly u: number;
  /** U with each v and w exchanged. */
  readonly exchanged: number;
  /** The current reflector. */
  readonly v: number;
  /** Coefficients of U's columns. */
  readonly coefficients: number;
}

function layOut(n: number): Layout {
  const stride = 4 * Math.ceil((n + MARGIN) / 4);
  const u = AREA.workspace;
  const exchanged = u + 2 * PANEL * stride;
  const v = exchanged + 2 * PANEL * stride;
  const coefficients = v + stride;
  return { n, stride, u, exchanged, v, coefficients, a: coefficients + 2 * PANEL + MARGIN };
}

/** Doubles of workspace that a matrix of order n takes. */
export function workspaceOf(n: number): number {
  const { a, stride } = layOut(n);
  return a + stride * (n + MARGIN) - AREA.workspace;
}

/** Reduces a, of finite numbers; the reflectors stand below its sub-diagonal afterwards. */
export function reduce(engine: Engine, a: Matrix): Tridiagonal {
  const n = a.rows;
  const layout = layOut(n);
  engine.reserve(workspaceOf(n));
  const numbers = engine.numbers();
  enter(numbers, a, layout);
  const result = {
    diagonal: new Float64Array(n),
    offDiagonal: new Float64Array(Math.max(0, n - 1)),
    reflectors: a,
    tau: new Float64Array(Math.max(0, n - 1)),
  };
  for (let j = 0; j < n; j++) {
    const i = j % PANEL;
    if (i === 0 && j > 0) updateRest(engine, layout, j);
    updateColumn(engine, layout, { j, i });
    result.diagonal[j] = numbers[layout.a + j + j * layout.stride]!;
    if (j === n - 1) break;
    const { beta, tau } = reflectColumn(numbers, layout, { j, i });
    result.offDiagonal[j] = beta;
    result.tau[j] = tau;
    const from = layout.v + j + 2;
    a.data.set(numbers.subarray(from, layout.v + n), j + 2 + j * n);
    addDual(engine, layout, { j, i }, tau);
  }
  return result;
}

/** Copies the lower triangle in; everything else there becomes zero. */
function enter(numbers: Float64Array, a: Matrix, layout: Layout): void {
  const { n, stride } = layout;
  numbers.fill(0, layout.u, layout.a + stride * (n + MARGIN));
  for (let j = 0; j < n; j++) {
    numbers.set(a.data.subarray(j * n + j, j * n + n), layout.a + j * stride + j);
  }
}

/** Column j of the whole matrix, the i-th of its panel: also the number of pairs in U so far. */
interface Position {
  readonly j: number;
  readonly i: number;
}

/** Brings column j up to date: a ← a − Σ (v w_j + w v_j) from row j on. */
function updateColumn(engine: Engine, layout: Layout, { j, i }: Position): void {
  if (i === 0) return;
  const { n, stride, u, coefficients, a } = layout;
  const numbers = engine.numbers();
  for (let q = 0; q < 2 * i; q += 2) {
    numbers[coefficients + q] = -numbers[u + j + (q + 1) * stride]!;
    numbers[coefficients + q + 1] = -numbers[u + j + q * stride]!;
  }
  numbers.fill(0, coefficients + 2 * i, coefficients + 2 * i + MARGIN);
  engine.panelTimes({
    rows: n - j, columns: 2 * i, a: u + j, stride, x: coefficients, y: a + j + j * stride,
  });
}

interface Reflection {
  readonly beta: number;
  readonly tau: number;
}

/** Finds the reflector of column j, and leaves it in `v` and as the i-th of U. */
function reflectColumn(
  numbers: Float64Array,
  layout: Layout,
  { j, i }: Position,
): Reflection {
  const { n, stride, v, u, a } = layout;
  const column = a + j * stride;
  numbers.copyWithin(v + j + 1, column + j + 1, column + n);
  const reflector = reflect(numbers, v + j + 1, n - j - 1);
  numbers.fill(0, u + 2 * i * stride, u + 2 * (i + 1) * stride);
  numbers.copyWithin(u + 2 * i * stride + j + 1, v + j + 1, v + n);
  return reflector;
}

/** Sums of squares in this range lost no digits; RESCALE takes any other one into it. */
const SQUARES = { least: 2 ** -960, most: 2 ** 900 };
const RESCALE = 2 ** 600;

/**
 * Replaces x, the `count` numbers from `at` on, by v with v₀ = 1 such that x − τ v vᵀx = β e₀.
 * τ = 0 and β = x₀ if the rest of x is zero.
 */
function reflect(numbers: Float64Array, at: number, count: number): Reflection {
  const alpha = numbers[at]!;
  let squares = 0;
  let isDone = true;
  for (let p = at + 1; p < at + count; p++) {
    squares += numbers[p]! * numbers[p]!;
    if (numbers[p] !== 0) isDone = false;
  }
  if (isDone) {
    numbers[at] = 1;
    return { beta: alpha, tau: 0 };
  }
  squares += alpha * alpha;
  if (squares < SQUARES.least || squares > SQUARES.most) {
    const scale = squares > 1 ? 1 / RESCALE : RESCALE;
    for (let p = at; p < at + count; p++) numbers[p]! *= scale;
    const { beta, tau } = reflect(numbers, at, count);
    return { beta: beta / scale, tau };
  }
  const beta = alpha > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  const pivot = alpha - beta;
  for (let p = at + 1; p < at + count; p++) numbers[p]! /= pivot;
  numbers[at] = 1;
  return { beta, tau: -pivot / beta };
}

/** Computes w of the reflector just found, and leaves it beside v in U. */
function addDual(engine: Engine, layout: Layout, { j, i }: Position, tau: number): void {
  if (tau === 0) return;
  const { n, stride, a, u, v, coefficients } = layout;
  const numbers = engine.numbers();
  const first = j + 1;
  const [x, y] = [v + first, u + (2 * i + 1) * stride + first];
  const rows = n - first;
  engine.symmetricTimes({ rows, columns: rows, a: a + first * (stride + 1), stride, x, y });
  if (i > 0) {
    const panel = { rows, columns: 2 * i, a: u + first, stride };
    engine.panelDots({ ...panel, x, y: coefficients });
    for (let q = coefficients; q < coefficients + 2 * i; q += 2) {
      const ofV = numbers[q]!;
      numbers[q] = -numbers[q + 1]!;
      numbers[q + 1] = -ofV;
    }
    numbers.fill(0, coefficients + 2 * i, coefficients + 2 * i + MARGIN);
    engine.panelTimes({ ...panel, x: coefficients, y });
  }
  let product = 0;
  for (let p = 0; p < rows; p++) product += numbers[y + p]! * numbers[x + p]!;
  const share = 0.5 * tau * tau * product;
  for (let p = 0; p < rows; p++) numbers[y + p] = tau * numbers[y + p]! - share * numbers[x + p]!;
}

/** Applies a full panel to the rest: A ← A − U Ũᵀ from row and column j on. */
function updateRest(engine: Engine, { n, stride, a, u, exchanged }: Layout, j: number): void {
  const data = engine.numbers();
  for (let q = 0; q < 2 * PANEL; q++) {
    const [from, to] = [u + q * stride, exchanged + (q % 2 === 0 ? q + 1 : q - 1) * stride];
    data.copyWithin(to, from, from + stride);
  }
  multiply(engine, {
    m: n - j,
    n: n - j,
    inner: 2 * PANEL,
    a: plain({ data, offset: u + j, stride }),
    b: transposed({ data, offset: exchanged + j, stride }),
    c: { data, offset: a + j * (stride + 1), stride },
    alpha: -1,
    beta: 1,
    lower: true,
  });
}
