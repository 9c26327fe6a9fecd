// The kernels with their memory: fixed areas for packed operands, then a workspace that grows.
//
// An engine belongs to one thread. Places and strides are counted in doubles. The memory never
// shrinks: it stays as large as the largest workspace asked for.
import { ComputeError } from "../../../schema/failure.ts";
import { kernelModule } from "./kernels.ts";
import { webAssembly, type Exports, type Memory } from "./web-assembly.ts";

/** Blocks of a product: of A ¼ MB packed, of B 1 MB, of C ½ MB. Half or twice is as fast. */
export const BLOCK = { rows: 128, columns: 512, inner: 256 };

/** Where in memory each area starts. */
export const AREA = {
  a: 0,
  b: BLOCK.rows * BLOCK.inner,
  c: (BLOCK.rows + BLOCK.columns) * BLOCK.inner,
  workspace: (BLOCK.rows + BLOCK.columns) * BLOCK.inner + BLOCK.rows * BLOCK.columns,
};

const PAGE_BYTES = 65_536;
/** WebAssembly addresses have 32 bits. */
const PAGES_MAX = 65_536;

/** A packed product: C += A B. */
export interface Tiles {
  readonly inner: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly stride: number;
  /** Rounded up to whole tiles, of C as well. */
  readonly rows: number;
  readonly columns: number;
}

/** A matrix in the engine's memory and the vectors x (read) and y (written). */
export interface Panel {
  readonly rows: number;
  readonly columns: number;
  readonly a: number;
  readonly stride: number;
  readonly x: number;
  readonly y: number;
}

export interface Engine {
  /** The whole memory. Ask again after `reserve`, which may replace it. */
  numbers(): Float64Array;
  /** Makes room for `count` doubles from AREA.workspace on, of any content. */
  reserve(count: number): void;
  tiles(product: Tiles): void;
  /** y += A x for the symmetric A of `rows` whose lower triangle is stored. */
  symmetricTimes(panel: Panel): void;
  /** y += A x */
  panelTimes(panel: Panel): void;
  /** y = Aᵀ x */
  panelDots(panel: Panel): void;
}

/** Compiles the kernels for this thread: about a millisecond, and 1.8 MB of memory. */
export function createEngine(): Engine {
  const memory = new webAssembly.Memory({ initial: pagesFor(0), maximum: PAGES_MAX });
  const module = new webAssembly.Module(kernelModule());
  const { exports } = new webAssembly.Instance(module, { host: { memory } });
  const kernels = {
    tiles: kernelOf(exports, "tiles"),
    symmetricTimes: kernelOf(exports, "symmetricTimes"),
    panelTimes: kernelOf(exports, "panelTimes"),
    panelDots: kernelOf(exports, "panelDots"),
  };
  let numbers = new Float64Array(memory.buffer);
  return {
    numbers: () => numbers,
    reserve: (count) => {
      grow(memory, pagesFor(count));
      if (numbers.buffer !== memory.buffer) numbers = new Float64Array(memory.buffer);
    },
    tiles: ({ inner, a, b, c, stride, rows, columns }) =>
      kernels.tiles(inner, 8 * a, 8 * b, 8 * c, 8 * stride, rows, columns),
    symmetricTimes: ({ rows, a, stride, x, y }) =>
      kernels.symmetricTimes(rows, 8 * a, 8 * stride, 8 * x, 8 * y),
    panelTimes: ({ rows, columns, a, stride, x, y }) =>
      kernels.panelTimes(rows, columns, 8 * a, 8 * stride, 8 * x, 8 * y),
    panelDots: ({ rows, columns, a, stride, x, y }) =>
      kernels.panelDots(rows, columns, 8 * a, 8 * stride, 8 * x, 8 * y),
  };
}

type Kernel = (...args: readonly number[]) => void;

function kernelOf(exports: Exports, name: string): Kernel {
  const kernel = exports[name];
  if (typeof kernel !== "function") throw new TypeError(`no kernel ${name}`);
  return (...args) => void kernel(...args);
}

function pagesFor(workspace: number): number {
  return Math.ceil(((AREA.workspace + workspace) * 8) / PAGE_BYTES);
}

function grow(memory: Memory, pages: number): void {
  const missing = pages - memory.buffer.byteLength / PAGE_BYTES;
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch {
    const megabytes = Math.round((pages * PAGE_BYTES) / 1e6);
    const message = `portable: cannot get a workspace of ${megabytes} MB`;
    throw new ComputeError("resource", "out_of_memory", message);
  }
}
