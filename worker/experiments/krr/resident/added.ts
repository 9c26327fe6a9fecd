// The `added` and `replace` attacks on a block of systems whose matrices stay on the device.
//
// The products with n rows are formed there; what comes back are the M × M and M × t matrices that
// ../added.ts takes every prefix of.
import type { DeviceMatrix } from "../../../linalg/device.ts";
import { matrix, type Matrix } from "../../../linalg/matrix.ts";
import { replacesRows } from "../../../../schema/experiments/krr-poison.ts";
import { addedLines, poisonsOf, type Union } from "../added-attack.ts";
import { addedCurvature, type OwnPoisons } from "../curvature/added-lines.ts";
import { type Line, type LineMeasurer, withColumns } from "../line.ts";
import { padded, subtract, takeBlock, takeRows } from "../matrix-parts.ts";
import type { ResidentBlock } from "./clones.ts";
import { productOf, type ResidentPrepared } from "./prepared.ts";
import { curvaturePrepared, weightsOf } from "./probed.ts";
import type { ResidentFactors } from "./solver.ts";

export function residentAdded(block: ResidentBlock): LineMeasurer {
  const { prepared, scene, systems, workspace } = block;
  const { codes, device, solver, setting, trainTest } = prepared;
  const factors = solver.factor(systems.map(({ c }) => c), workspace);
  if (factors.dofs.every((dof) => dof === null)) {
    return (line) => line.counts.map(() => "not_positive_definite");
  }
  const alphas = factors.solve(codes, Array.from(systems.keys()), workspace);
  const norms = device.columnNorms(alphas);
  const q = codes.cols;
  const replaces = replacesRows(setting.spec.attack.kind);
  const solutions = factors.dofs.map((dof, at) => (dof === null ? null : {
    factor: { effectiveDof: dof, precision: factors.precision },
    alphaNorm: norms.subarray(at * q, (at + 1) * q).reduce((sum, norm) => sum + norm, 0),
  }));
  const removed = replaces ? removedRows(block) : null;
  const lines = addedLines({
    prepared,
    scenes: [scene],
    solved: { systems, solutions },
    clean: productOf(trainTest, alphas, prepared),
    triggered: [productOf(scene.trainTriggered, alphas, prepared)],
    replaces,
    makeUnion: (line, rows) => makeUnion({ ...block, factors, alphas, removed }, line, rows),
  });
  const { probed } = scene;
  if (probed === null) return lines;
  const curvatureAt = addedCurvature({
    prepared: curvaturePrepared(prepared),
    scenes: [scene],
    probed: () => probed,
    systems,
    poisonsOf: (line) => poisonsOf(prepared, line).own,
    solve: (line, own) => solveOwn({ ...block, factors, alphas, removed }, line, own),
  });
  return withColumns(lines, (line) => curvatureAt(line).map((curvature) => ({ curvature })));
}

function solveOwn({ prepared, scene, factors, alphas }: SolvedBlock, { system }: Line, own: Int32Array): OwnPoisons {
  const { device, codes } = prepared;
  const workspace = device.open(`${own.length} poisons`);
  try {
    const alpha = device.columns(alphas, system * codes.cols, (system + 1) * codes.cols);
    const poisons = workspace.matrix(codes.rows, own.length);
    own.forEach((row, at) =>
      device.copy(device.columns(scene.trainPoison, row, row + 1), device.columns(poisons, at, at + 1)));
    const half = factors.half(poisons, [system], workspace);
    const explained = gramOf(half, prepared);
    workspace.drop(half);
    const u = factors.solve(poisons, [system], workspace);
    return { explained, scores: productOf(poisons, alpha, prepared), weights: weightsOf(prepared, [alpha, u], workspace) };
  } finally {
    workspace.release();
  }
}

/** Qᵀ e of the clean rows that poisons replace, (n, M). */
function removedRows({ prepared, workspace }: ResidentBlock): DeviceMatrix {
  const { rows } = prepared.geometry.poisons;
  const n = prepared.codes.rows;
  const units = matrix(n, rows.length);
  rows.forEach((row, index) => {
    units.data[row + index * n] = 1;
  });
  return prepared.solver.toBasis(workspace.upload(units), workspace);
}

interface SolvedBlock extends ResidentBlock {
  readonly factors: ResidentFactors;
  readonly alphas: DeviceMatrix;
  readonly removed: DeviceMatrix | null;
}

/** As in ../added-attack.ts: what one system says of the first rows of the scene's poisons. */
function makeUnion(block: SolvedBlock, { system }: Line, rows: number): Union {
  const { prepared, scene, factors, alphas, removed } = block;
  const { device, codes, trainTest } = prepared;
  const leading = Int32Array.from({ length: rows }, (_, row) => row);
  const workspace = device.open(`${rows} poisons`);
  try {
    const alpha = device.columns(alphas, system * codes.cols, (system + 1) * codes.cols);
    const poisons = workspace.matrix(codes.rows, removed === null ? rows : 2 * rows);
    device.copy(device.columns(scene.trainPoison, 0, rows), device.columns(poisons, 0, rows));
    if (removed !== null) device.copy(device.columns(removed, 0, rows), device.columns(poisons, rows, 2 * rows));
    const covariance = paddedTo(takeBlock(scene.poisonPoison, leading), poisons.cols, poisons.cols);
    const half = factors.half(poisons, [system], workspace);
    // K_ZZ − |L⁻¹ k|² and not K_ZZ − K_ZX U, which cancels sooner.
    subtract(covariance, gramOf(half, prepared));
    workspace.drop(half);
    const u = factors.solve(poisons, [system], workspace);
    const move = (kernel: Matrix, rotated: DeviceMatrix): Matrix => {
      const out = paddedTo(takeRows(kernel, leading), u.cols, kernel.cols);
      subtract(out, productOf(u, rotated, prepared));
      return out;
    };
    return {
      covariance,
      overlap: gramOf(u, prepared),
      cross: productOf(u, alpha, prepared),
      scores: productOf(poisons, alpha, prepared),
      test: move(scene.poisonTest, trainTest),
      triggered: move(scene.poisonTriggered, scene.trainTriggered),
    };
  } finally {
    workspace.release();
  }
}

function paddedTo(a: Matrix, rows: number, cols: number): Matrix {
  return a.rows === rows && a.cols === cols ? a : padded(a, rows, cols);
}

/** AᵀA, exactly symmetric. */
function gramOf(a: DeviceMatrix, { device }: ResidentPrepared): Matrix {
  const workspace = device.open("a Gram matrix");
  try {
    const out = workspace.matrix(a.cols, a.cols);
    device.gram(a, out);
    return device.download(out);
  } finally {
    workspace.release();
  }
}
