// Puts eigenpairs into ascending order in place.
import type { Block } from "./multiply.ts";

/** Sorts `values`, and the columns of the n × n block with them, moving each column once. */
export function sortColumns(values: Float64Array, block: Block): void {
  const n = values.length;
  const order = Array.from(values, (_, i) => i);
  order.sort((left, right) => values[left]! - values[right]!);
  if (order.every((from, to) => from === to)) return;
  const before = values.slice();
  order.forEach((from, to) => (values[to] = before[from]!));
  const isPlaced = new Uint8Array(n);
  for (let start = 0; start < n; start++) {
    if (isPlaced[start] !== 0) continue;
    const saved = columnOf(block, start, n).slice();
    let to = start;
    for (let from = order[to]!; from !== start; from = order[to]!) {
      columnOf(block, to, n).set(columnOf(block, from, n));
      isPlaced[to] = 1;
      to = from;
    }
    columnOf(block, to, n).set(saved);
    isPlaced[to] = 1;
  }
}

function columnOf({ data, offset, stride }: Block, column: number, rows: number): Float64Array {
  return data.subarray(offset + column * stride, offset + column * stride + rows);
}
