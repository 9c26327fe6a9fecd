// The exam of a device: its verbs by brute force on the host, its memory by what it holds.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Kernel, RADIAL_KERNELS, SPHERE_KERNELS } from "../../schema/experiments/krr.ts";
import { ComputeError } from "../../schema/failure.ts";
import { kernelMap } from "../../worker/experiments/kernel/kernel-map.ts";
import { elementMap } from "../../worker/experiments/krr/resident/map.ts";
import type { Device, DeviceMatrix, Workspace } from "../../worker/linalg/device.ts";
import { columns, type Matrix, matrix } from "../../worker/linalg/matrix.ts";
import { examineSingle } from "./linalg/single.ts";
import { distance, entry, fill, random, randomDefinite, randomSymmetric, times, transpose } from "./linalg/matrices.ts";

/** Registers the exam. */
export function examineDevice(name: string, device: Device): void {
  const use = <T>(run: (workspace: Workspace) => T): T => {
    const workspace = device.open("a test");
    try {
      return run(workspace);
    } finally {
      workspace.release();
      assert.equal(workspace.bytes, 0);
    }
  };
  describe(`${name} as a device`, () => {
    examineMoves(device, use);
    examineProducts(device, use);
    examineDistances(device, use);
    examineFactors(device, use);
  });
}

type Use = <T>(run: (workspace: Workspace) => T) => T;

function close(a: Matrix, b: Matrix, most = 1e-12): void {
  const gap = distance(a, b);
  assert.ok(gap <= most, `${gap}`);
}

function examineMoves(device: Device, use: Use): void {
  test("what goes up comes down, also in views and copies", () => use((workspace) => {
    const a = random(7, 5, 1);
    const up = workspace.upload(a);
    assert.deepEqual(device.download(up), a);
    const view = device.columns(up, 1, 4);
    close(device.download(view), columns(a, 1, 4), 0);
    const copy = workspace.matrix(7, 3);
    device.copy(view, copy);
    close(device.download(copy), columns(a, 1, 4), 0);
    assert.equal(workspace.bytes, 8 * (35 + 21));
    workspace.drop(copy);
    assert.equal(workspace.bytes, 8 * 35);
  }));

  test("numbers are written over, and seen in another shape, without new memory", () => use((workspace) => {
    const up = workspace.upload(random(6, 4, 1));
    const over = random(6, 2, 2);
    device.write(over, device.columns(up, 1, 3));
    close(device.download(device.columns(up, 1, 3)), over, 0);
    close(device.download(device.part(up, 6, { rows: 3, cols: 4 })), matrix(3, 4, over.data), 0);
    const into = matrix(6, 2);
    assert.equal(device.download(device.columns(up, 1, 3), into), into);
    close(into, over, 0);
    assert.equal(workspace.bytes, 8 * 24);
    assert.throws(() => device.part(up, 20, { rows: 5, cols: 1 }), /part: 5 × 1 from number 20 of 6 × 4/);
    assert.throws(() => device.write(over, up), RangeError);
  }));

  test("a block is that of the rows named, each as often as it is", () => use((workspace) => {
    const a = random(8, 8, 3);
    const rows = Int32Array.of(7, 0, 3, 3, 5);
    const out = workspace.matrix(5, 5);
    device.takeBlock(workspace.upload(a), rows, out);
    close(device.download(out), fill(5, 5, (i, j) => entry(a, rows[i]!, rows[j]!)), 0);
    assert.throws(() => device.takeBlock(workspace.upload(a), Int32Array.of(0, 8, 1, 2, 3), out), /takeBlock: row 8 of 8/);
  }));

  test("an empty matrix takes no memory and comes down empty", () => use((workspace) => {
    const empty = workspace.upload(matrix(4, 0));
    assert.equal(workspace.bytes, 0);
    assert.deepEqual(device.download(empty), matrix(4, 0));
  }));

  test("shapes that do not fit are refused", () => use((workspace) => {
    const [a, b] = [workspace.matrix(3, 2), workspace.matrix(3, 3)];
    assert.throws(() => device.gemm({ a, b: a, c: b }), RangeError);
    assert.throws(() => device.copy(a, b), RangeError);
    assert.throws(() => device.columns(a, 1, 3), RangeError);
    assert.throws(() => device.cholesky(a), RangeError);
    assert.throws(() => device.download({ rows: 1, cols: 1 }), TypeError);
  }));

  test("what cannot fit is refused with its size before it is taken", () => {
    assert.throws(() => device.require(2 ** 60, "the universe"),
      (error) => error instanceof ComputeError && error.message.includes("the universe needs"));
    device.require(1, "a byte");
  });

  test("one entry that is not finite is found wherever it is", () => use((workspace) => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      for (const at of [0, 17, 34]) {
        const a = random(7, 5, 2);
        assert.equal(device.isFinite(workspace.upload(a)), true);
        a.data[at] = value;
        assert.equal(device.isFinite(workspace.upload(a)), false, `${value} at ${at}`);
      }
    }
  }));
}

function examineProducts(device: Device, use: Use): void {
  test("products are those of the definition, transposed and scaled", () => use((workspace) => {
    const [a, b, c] = [random(6, 4, 3), random(5, 6, 4), random(4, 5, 5)];
    const out = workspace.upload(c);
    device.gemm({ a: workspace.upload(a), b: workspace.upload(b), c: out, transposeA: true, transposeB: true, alpha: 2, beta: -1 });
    const product = times(transpose(a), transpose(b));
    close(device.download(out), fill(4, 5, (i, j) => 2 * entry(product, i, j) - entry(c, i, j)));
    const gram = workspace.matrix(4, 4);
    device.gram(workspace.upload(a), gram);
    close(device.download(gram), times(transpose(a), a));
  }));

  test("block products are products of equal ranges of columns", () => use((workspace) => {
    const [a, b] = [random(9, 6, 6), random(9, 12, 7)];
    const found = device.blockProducts(workspace.upload(a), workspace.upload(b), 3);
    assert.deepEqual([found.rows, found.cols], [2, 12]);
    for (let s = 0; s < 3; s++) {
      const own = times(transpose(columns(a, 2 * s, 2 * s + 2)), columns(b, 4 * s, 4 * s + 4));
      close(columns(found, 4 * s, 4 * s + 4), own);
    }
    const norms = device.columnNorms(workspace.upload(a));
    close(matrix(1, 6, norms), fill(1, 6, (_, j) => entry(times(transpose(a), a), j, j)));
  }));

  test("each column of one times each of the other, entry by entry", () => use((workspace) => {
    const [a, b] = [random(7, 2, 4), random(7, 3, 5)];
    const out = workspace.matrix(7, 6);
    device.entryProducts(workspace.upload(a), workspace.upload(b), out);
    close(device.download(out), fill(7, 6, (i, j) => entry(a, i, j % 2) * entry(b, i, Math.floor(j / 2))), 0);
    assert.throws(() => device.entryProducts(workspace.upload(a), workspace.upload(b), workspace.matrix(7, 5)), RangeError);
  }));
}

const KERNELS: readonly Kernel[] = [
  ...RADIAL_KERNELS.map((name) => ({ name, length_scale_unit: "absolute" as const })),
  ...SPHERE_KERNELS.map((name) => ({ name })),
  { name: "linear" },
  { name: "polynomial", degree: 3, offset: 0.5 },
];

function examineDistances(device: Device, use: Use): void {
  test("squared distances keep their digits near 0, and vanish on the diagonal", () => use((workspace) => {
    const x = random(5, 8, 8);
    // Row 3 is a near clone of row 2: |x|² + |z|² − 2 x·z would lose it.
    for (let f = 0; f < 5; f++) x.data[3 * 5 + f] = x.data[2 * 5 + f]! + 1e-9 * (f + 1);
    const squares = fill(8, 8, (i, j) => {
      let sum = 0;
      for (let f = 0; f < 5; f++) sum += (entry(x, f, i) - entry(x, f, j)) ** 2;
      return sum;
    });
    const up = workspace.upload(x);
    const [within, between] = [workspace.matrix(8, 8), workspace.matrix(8, 8)];
    device.squaredDistancesWithin(up, within);
    device.squaredDistances(up, workspace.upload(x), between);
    for (const found of [device.download(within), device.download(between)]) {
      for (let j = 0; j < 8; j++) {
        for (let i = 0; i < 8; i++) {
          const gap = Math.abs(entry(found, i, j) - entry(squares, i, j));
          assert.ok(gap <= 1e-9 * entry(squares, i, j), `${i}, ${j}: ${entry(found, i, j)}`);
        }
      }
    }
  }));

  for (const kernel of KERNELS) {
    test(`values of ${kernel.name} are the host's, to the last digits and flushed alike`, () => use((workspace) => {
      const measures = Float64Array.of(0, 1e-12, 0.3, 1, 2.5, 3.9, 4, 1e3, 1e5);
      const expected = new Float64Array(measures.length);
      kernelMap(kernel, 0.7, 3).fill(measures, expected, 0, measures.length);
      const a = workspace.upload(matrix(3, 3, measures));
      device.map(a, elementMap(kernel, 0.7, 3));
      device.download(a).data.forEach((value, i) => {
        const gap = Math.abs(value - expected[i]!);
        assert.ok(gap <= 1e-14 * Math.max(1, Math.abs(expected[i]!)) && (value === 0) === (expected[i] === 0), `${value}, expected ${expected[i]}`);
      });
    }));
  }
}

function examineFactors(device: Device, use: Use): void {
  test("a Cholesky factor solves, and a matrix that has none is refused with its pivot", () => use((workspace) => {
    const a = randomDefinite(40, 9);
    const b = random(40, 3, 10);
    const [l, x] = [workspace.upload(a), workspace.upload(b)];
    device.cholesky(l);
    device.solveLower(l, x);
    device.solveLower(l, x, true);
    close(times(a, device.download(x)), b, 1e-10);
    a.data[20 * 41] = -1;
    assert.throws(() => device.cholesky(workspace.upload(a)), /40 × 40 matrix is not positive definite at pivot 21$/);
  }));

  describe("factors in float32 of its own matrices", () => {
    const workspace = device.open("a test");
    examineSingle((a, shift) => device.choleskySingle(workspace.upload(a), shift, workspace));
    test("leave what was taken for them to the workspace, which frees it", () => {
      assert.ok(workspace.bytes > 0);
      workspace.release();
      assert.equal(workspace.bytes, 0);
    });
  });

  test("sums of sizes along rows are those of the definition", () => use((workspace) => {
    const a = random(13, 13, 21);
    const expected = fill(13, 1, (i) => Array.from({ length: 13 }, (_, j) => Math.abs(entry(a, i, j))).reduce((s, v) => s + v, 0));
    close(matrix(13, 1, device.rowSums(workspace.upload(a))), expected);
  }));

  test("diagonals, identities and sums below the diagonal are those of the definition", () => use((workspace) => {
    const a = random(9, 9, 11);
    const up: DeviceMatrix = workspace.upload(a);
    device.addToDiagonal(up, 2);
    close(matrix(9, 1, device.diagonal(up)), fill(9, 1, (i) => entry(a, i, i) + 2), 1e-15);
    const below = fill(9, 1, (i) => Array.from({ length: i }, (_, j) => entry(a, i, j) ** 2).reduce((s, v) => s + v, 0));
    close(matrix(9, 1, device.rowSquaresBelow(up)), below);
    device.identity(up);
    close(device.download(up), fill(9, 9, (i, j) => (i === j ? 1 : 0)), 0);
  }));

  test("eigenpairs rebuild the matrix, and dividing by the spectrum solves every shift", () => use((workspace) => {
    const a = randomSymmetric(30, 12);
    const [v, values] = [workspace.upload(a), workspace.matrix(30, 1)];
    device.symmetricEigen(v, values);
    const [vectors, spectrum] = [device.download(v), device.download(values)];
    const scaled = fill(30, 30, (i, j) => entry(vectors, i, j) * spectrum.data[j]!);
    close(times(scaled, transpose(vectors)), a, 1e-11);
    assert.deepEqual(spectrum.data, spectrum.data.slice().sort());
    const source = random(30, 2, 13);
    const shifts = [40, 70];
    for (const half of [false, true]) {
      const out = workspace.matrix(30, 4);
      device.divideBySpectrum({ source: workspace.upload(source), values, shifts, half, out });
      close(device.download(out), fill(30, 4, (i, column) => {
        const pivot = spectrum.data[i]! + shifts[column >> 1]!;
        return entry(source, i, column % 2) / (half ? Math.sqrt(pivot) : pivot);
      }), 1e-15);
    }
  }));
}
