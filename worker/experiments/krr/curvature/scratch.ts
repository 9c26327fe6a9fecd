// Memory that is taken again: fresh matrices of megabytes at every step cost page faults and garbage.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";

const kept = new Map<string, Float64Array>();

/** A matrix of anything, on memory that the next call of the name takes again. */
export function scratch(name: string, rows: number, cols: number): Matrix {
  let memory = kept.get(name) ?? new Float64Array(0);
  if (memory.length < rows * cols) {
    memory = new Float64Array(rows * cols);
    kept.set(name, memory);
  }
  return matrix(rows, cols, memory.subarray(0, rows * cols));
}

/** Numbers that given-back matrices may hold together: 64 MiB. */
const SPARE_MOST = 2 ** 23;
const spare = new Map<number, Float64Array[]>();
let spareNumbers = 0;

/** A matrix of anything, on memory that was given back if there is some of this size. */
export function borrowed(rows: number, cols: number): Matrix {
  const memory = spare.get(rows * cols)?.pop();
  if (memory === undefined) return matrix(rows, cols);
  spareNumbers -= memory.length;
  return matrix(rows, cols, memory);
}

/** For a borrowed matrix that nothing reads any more. */
export function giveBack({ rows, cols, data }: Matrix): void {
  const size = rows * cols;
  if (size === 0 || data.length !== size || spareNumbers + size > SPARE_MOST) return;
  spareNumbers += size;
  const others = spare.get(size);
  if (others === undefined) spare.set(size, [data]);
  else others.push(data);
}
