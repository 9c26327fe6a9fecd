// Which test rows are probes, and what is known of them before any system is solved.
import { randomFrom, randomOrder } from "../../../../data/random.ts";
import type { Curvature } from "../../../../schema/experiments/krr-curvature.ts";
import { ComputeError } from "../../../../schema/failure.ts";
import { deriveSeed } from "../../../../schema/seed.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { kernelDerivatives } from "../../kernel/derivatives.ts";
import { dot } from "../matrix-parts.ts";
import type { Prepared } from "../prepared.ts";
import type { Scene } from "../scene.ts";
import type { ProbeSet } from "./model.ts";
import { profileOf, traceOfDot } from "./profile.ts";

export interface Chosen {
  /** Test rows, none of the target class. */
  readonly probes: Int32Array;
  /** Other test rows of any class: what clean rows look like. */
  readonly references: Int32Array;
}

export interface ChoiceRequest {
  readonly curvature: Curvature;
  /** The study's seed. */
  readonly seed: number;
  readonly replicate: number;
  readonly target: number;
  /** (t). */
  readonly labels: Int32Array;
}

/**
 * Probes and references by seeds of their own: neither changes with what else is asked.
 * @throws ComputeError resource too_few_probes, where the drawn test rows hold too few.
 */
export function chooseProbes({ curvature, seed, replicate, target, labels }: ChoiceRequest): Chosen {
  const { probes: wanted, references, classes } = curvature;
  const orderOf = (purpose: string): Int32Array =>
    randomOrder(randomFrom(deriveSeed(seed, purpose, curvature.seed, replicate)), labels.length, labels.length);
  const isProbe = (row: number): boolean =>
    labels[row] !== target && (classes === undefined || classes.includes(labels[row]!));
  const probes = orderOf("curvature probes").filter(isProbe).slice(0, wanted);
  if (probes.length < wanted) {
    const message = `curvature: ${wanted} probes asked, the ${labels.length} test rows hold ` +
      `${probes.length} that are not of target ${target}: ask for fewer, or for more test rows`;
    throw new ComputeError("resource", "too_few_probes", message);
  }
  const taken = new Set(probes);
  const rest = orderOf("curvature references").filter((row) => !taken.has(row));
  return { probes, references: rest.slice(0, references) };
}

/** The sets that one scene and target are looked at with. */
export interface SceneProbes {
  readonly clean: ProbeSet;
  readonly triggered: ProbeSet;
  /** null where no references are asked. */
  readonly references: ProbeSet | null;
  /** Unit mean of triggered minus clean probes, (d); zero where the trigger moves none. */
  readonly direction: Float64Array;
  /** d-vectors of the poison rows: columns [n, n + M) of X'. */
  readonly rows: Matrix;
}

export function sceneProbes(prepared: Prepared, scene: Scene, chosen: Chosen): SceneProbes {
  const { geometry } = prepared;
  const own = scene.geometry;
  if (geometry.features === null || own.features === null) {
    throw new ComputeError("bug", "no_features", "curvature of a geometry that kept no rows");
  }
  const { train, test } = geometry.features;
  const rows = beside(train, own.features.poisons);
  const setOf = (from: { train: Matrix; poison: Matrix; test: Matrix }, chosen: Int32Array): ProbeSet =>
    probeSet(prepared, rows, {
      measures: below(takeColumns(from.train, chosen), takeColumns(from.poison, chosen)),
      probes: takeColumns(from.test, chosen),
      labels: chosen.map((row) => geometry.testLabels[row]!),
    });
  const clean = { train: geometry.trainTest, poison: own.poisonTest, test };
  const triggered = { train: own.trainTriggered, poison: own.poisonTriggered, test: own.features.test };
  const sets = { clean: setOf(clean, chosen.probes), triggered: setOf(triggered, chosen.probes) };
  return {
    ...sets,
    references: chosen.references.length === 0 ? null : setOf(clean, chosen.references),
    direction: meanDifference(sets.triggered.rows.probes, sets.clean.rows.probes),
    rows,
  };
}

interface Gathered {
  readonly measures: Matrix;
  readonly probes: Matrix;
  readonly labels: Int32Array;
}

function probeSet(prepared: Prepared, rows: Matrix, { measures, probes, labels }: Gathered): ProbeSet {
  const { setting, lengthScale, geometry } = prepared;
  const derivatives = kernelDerivatives(setting.spec.kernel, lengthScale, geometry.dimension);
  const profile = profileOf(measures, derivatives, geometry.dimension);
  if (derivatives.form === "dot") {
    traceOfDot(profile, Float64Array.from({ length: rows.cols }, (_, i) => {
      const row = columns(rows, i, i + 1).data;
      return dot(row, row);
    }));
  }
  return { rows: { rows, probes }, profile, labels };
}

function meanDifference(after: Matrix, before: Matrix): Float64Array {
  const out = new Float64Array(after.rows);
  for (let at = 0; at < after.data.length; at++) out[at % after.rows]! += after.data[at]! - before.data[at]!;
  const norm = Math.sqrt(dot(out, out));
  return norm > 0 ? out.map((value) => value / norm) : out;
}

function takeColumns(a: Matrix, chosen: Int32Array): Matrix {
  const out = matrix(a.rows, chosen.length);
  chosen.forEach((column, j) => out.data.set(columns(a, column, column + 1).data, j * a.rows));
  return out;
}

function beside(left: Matrix, right: Matrix): Matrix {
  const out = matrix(left.rows, left.cols + right.cols);
  out.data.set(left.data.subarray(0, left.rows * left.cols));
  out.data.set(right.data.subarray(0, right.rows * right.cols), left.rows * left.cols);
  return out;
}

function below(upper: Matrix, lower: Matrix): Matrix {
  const out = matrix(upper.rows + lower.rows, upper.cols);
  for (let j = 0; j < out.cols; j++) {
    out.data.set(columns(upper, j, j + 1).data, j * out.rows);
    out.data.set(columns(lower, j, j + 1).data, j * out.rows + upper.rows);
  }
  return out;
}
