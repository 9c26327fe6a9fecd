// The inner loops of the portable provider, as WebAssembly on one linear memory.
//
// Addresses, strides (`Bytes`) and counts are integers; a stride leads from one column to the
// next. Packed operands hold panels of TILE rows (of A) or columns (of B), each panel with its
// TILE numbers of one inner index side by side, filled up with zeros.
import {
  advance,
  assemble,
  call,
  countDown,
  define,
  integer,
  scalar,
  vector,
  type Code,
  type Definition,
  type Variable,
} from "./assembler.ts";

/** Rows and columns of the product held in registers: 8 vectors of sums, 2 of A and 1 of B. */
export const TILE = 4;

const DOUBLE = 8;
const VECTOR = 16;

const each = (count: number, code: (index: number) => Code): Code =>
  Array.from({ length: count }, (_, index) => code(index)).flat();

const make = (count: number, variable: () => Variable): readonly Variable[] =>
  Array.from({ length: count }, variable);

/** sum += x · y */
function accumulate(sum: Variable, x: Code, y: Code): Code {
  return sum.set(vector.add(sum.get, vector.multiply(x, y)));
}

/** One TILE × TILE block: C += A B over `inner` packed steps. */
const tile = define("tile", 5, (parameters, scope) => {
  const [inner, a, b, c, cBytes] = five(parameters);
  const sums = make(2 * TILE, scope.vector);
  const top = scope.vector();
  const bottom = scope.vector();
  const factor = scope.vector();
  return [
    ...countDown(inner, 1, [
      ...top.set(vector.load(a.get)),
      ...bottom.set(vector.load(a.get, VECTOR)),
      ...each(TILE, (j) => [
        ...factor.set(vector.loadSame(b.get, j * DOUBLE)),
        ...accumulate(at(sums, 2 * j), top.get, factor.get),
        ...accumulate(at(sums, 2 * j + 1), bottom.get, factor.get),
      ]),
      ...advance(a, integer.constant(TILE * DOUBLE)),
      ...advance(b, integer.constant(TILE * DOUBLE)),
    ]),
    ...each(TILE, (j) => [
      ...addTo(c, 0, at(sums, 2 * j).get),
      ...addTo(c, VECTOR, at(sums, 2 * j + 1).get),
      ...advance(c, cBytes.get),
    ]),
  ];
});

function addTo(address: Variable, offset: number, value: Code): Code {
  return vector.store(address.get, offset, vector.add(vector.load(address.get, offset), value));
}

/** C += A B for `rows` × `columns`, both rounded up to whole tiles. */
const tiles = define("tiles", 7, (parameters, scope) => {
  const [inner, a, b, c, cBytes] = five(parameters);
  const [rows, columns] = [at(parameters, 5), at(parameters, 6)];
  const panelBytes = scope.integer();
  const panel = scope.integer();
  const target = scope.integer();
  const left = scope.integer();
  return [
    ...panelBytes.set(integer.multiply(inner.get, integer.constant(TILE * DOUBLE))),
    ...countDown(columns, TILE, [
      ...panel.set(a.get),
      ...target.set(c.get),
      ...left.set(rows.get),
      ...countDown(left, TILE, [
        ...call(0, [inner.get, panel.get, b.get, target.get, cBytes.get]),
        ...advance(panel, panelBytes.get),
        ...advance(target, integer.constant(TILE * DOUBLE)),
      ]),
      ...advance(b, panelBytes.get),
      ...advance(c, integer.multiply(cBytes.get, integer.constant(TILE))),
    ]),
  ];
});

/** The addresses of four neighbouring columns, from the first one's. */
function setColumns(columns: readonly Variable[], first: Code, bytes: Variable): Code {
  return each(columns.length, (k) =>
    at(columns, k).set(k === 0 ? first : integer.add(at(columns, k - 1).get, bytes.get)));
}

/**
 * y += S x for the symmetric S of order n whose lower triangle is at a. Reads the triangle once.
 * Up to three rows and columns beyond n, and as many numbers of x and y, must exist and be zero.
 */
const symmetricTimes = define("symmetricTimes", 5, (parameters, scope) => {
  const [n, a, aBytes, x, y] = five(parameters);
  const columns = make(4, scope.integer);
  const left = scope.integer();
  const xRow = scope.integer();
  const yRow = scope.integer();
  const factors = make(4, scope.vector);
  const sums = make(4, scope.vector);
  const entries = scope.vector();
  const xPair = scope.vector();
  const yPair = scope.vector();
  const below = [
    ...xPair.set(vector.load(xRow.get)),
    ...yPair.set(vector.load(yRow.get)),
    ...each(4, (k) => [
      ...entries.set(vector.load(at(columns, k).get)),
      ...accumulate(at(sums, k), entries.get, xPair.get),
      ...accumulate(yPair, entries.get, at(factors, k).get),
      ...advance(at(columns, k), integer.constant(VECTOR)),
    ]),
    ...vector.store(yRow.get, 0, yPair.get),
    ...advance(xRow, integer.constant(VECTOR)),
    ...advance(yRow, integer.constant(VECTOR)),
  ];
  return countDown(n, 4, [
    ...setColumns(columns, integer.add(a.get, integer.constant(4 * DOUBLE)), aBytes),
    ...xRow.set(integer.add(x.get, integer.constant(4 * DOUBLE))),
    ...yRow.set(integer.add(y.get, integer.constant(4 * DOUBLE))),
    ...each(4, (k) => [
      ...at(factors, k).set(vector.loadSame(x.get, k * DOUBLE)),
      ...at(sums, k).set(vector.zero),
    ]),
    ...left.set(integer.subtract(n.get, integer.constant(4))),
    ...countDown(left, 2, below),
    ...setColumns(columns, a.get, aBytes),
    ...each(4, (k) => addScalar(y, k, vector.sum(at(sums, k)))),
    ...each(4, (k) => diagonalBlock(columns, k, x, y)),
    ...advance(a, integer.multiply(integer.add(aBytes.get, integer.constant(DOUBLE)),
      integer.constant(4))),
    ...advance(x, integer.constant(4 * DOUBLE)),
    ...advance(y, integer.constant(4 * DOUBLE)),
  ]);
});

/** Column k of the 4 × 4 block on the diagonal: its entry (r, k) also acts as (k, r). */
function diagonalBlock(columns: readonly Variable[], k: number, x: Variable, y: Variable): Code {
  return each(4 - k, (step) => {
    const r = k + step;
    const entry = scalar.load(at(columns, k).get, r * DOUBLE);
    const direct = addScalar(y, r, scalar.multiply(entry, scalar.load(x.get, k * DOUBLE)));
    if (r === k) return direct;
    const mirrored = addScalar(y, k, scalar.multiply(entry, scalar.load(x.get, r * DOUBLE)));
    return [...direct, ...mirrored];
  });
}

function addScalar(address: Variable, index: number, value: Code): Code {
  const sum = scalar.add(scalar.load(address.get, index * DOUBLE), value);
  return scalar.store(address.get, index * DOUBLE, sum);
}

/** y += A x for a tall A; rows rounded up to 2 and columns to 4 must exist, x zero beyond. */
const panelTimes = define("panelTimes", 6, (parameters, scope) => {
  const [rows, width, a, aBytes, x] = five(parameters);
  const y = at(parameters, 5);
  const columns = make(4, scope.integer);
  const left = scope.integer();
  const yRow = scope.integer();
  const factors = make(4, scope.vector);
  const yPair = scope.vector();
  return countDown(width, 4, [
    ...setColumns(columns, a.get, aBytes),
    ...yRow.set(y.get),
    ...left.set(rows.get),
    ...each(4, (k) => at(factors, k).set(vector.loadSame(x.get, k * DOUBLE))),
    ...countDown(left, 2, [
      ...yPair.set(vector.load(yRow.get)),
      ...each(4, (k) => [
        ...accumulate(yPair, vector.load(at(columns, k).get), at(factors, k).get),
        ...advance(at(columns, k), integer.constant(VECTOR)),
      ]),
      ...vector.store(yRow.get, 0, yPair.get),
      ...advance(yRow, integer.constant(VECTOR)),
    ]),
    ...advance(a, integer.multiply(aBytes.get, integer.constant(4))),
    ...advance(x, integer.constant(4 * DOUBLE)),
  ]);
});

/** y = Aᵀ x for a tall A; x must be zero beyond its rows, columns are rounded up to 4. */
const panelDots = define("panelDots", 6, (parameters, scope) => {
  const [rows, width, a, aBytes, x] = five(parameters);
  const y = at(parameters, 5);
  const columns = make(4, scope.integer);
  const left = scope.integer();
  const xRow = scope.integer();
  const sums = make(4, scope.vector);
  const xPair = scope.vector();
  return countDown(width, 4, [
    ...setColumns(columns, a.get, aBytes),
    ...xRow.set(x.get),
    ...left.set(rows.get),
    ...each(4, (k) => at(sums, k).set(vector.zero)),
    ...countDown(left, 2, [
      ...xPair.set(vector.load(xRow.get)),
      ...each(4, (k) => [
        ...accumulate(at(sums, k), vector.load(at(columns, k).get), xPair.get),
        ...advance(at(columns, k), integer.constant(VECTOR)),
      ]),
      ...advance(xRow, integer.constant(VECTOR)),
    ]),
    ...each(4, (k) => scalar.store(y.get, k * DOUBLE, vector.sum(at(sums, k)))),
    ...advance(a, integer.multiply(aBytes.get, integer.constant(4))),
    ...advance(y, integer.constant(4 * DOUBLE)),
  ]);
});

function at(variables: readonly Variable[], index: number): Variable {
  const variable = variables[index];
  if (variable === undefined) throw new RangeError(`no variable ${index} of ${variables.length}`);
  return variable;
}

function five(variables: readonly Variable[]): [Variable, Variable, Variable, Variable, Variable] {
  return [at(variables, 0), at(variables, 1), at(variables, 2), at(variables, 3), at(variables, 4)];
}

const FUNCTIONS: readonly Definition[] = [tile, tiles, symmetricTimes, panelTimes, panelDots];

/** The module's bytes, a few hundred. */
export function kernelModule(): Uint8Array<ArrayBuffer> {
  return assemble(FUNCTIONS);
}
