// Which test rows are probes, and what is known of them before any system is solved.
import { randomFrom, randomOrder } from "../../../../data/random.ts";
import type { Curvature } from "../../../../schema/experiments/krr-curvature.ts";
import { mayBeProbe, probesInWords } from "../../../../schema/experiments/krr-probes.ts";
import { ComputeError } from "../../../../schema/failure.ts";
import { deriveSeed } from "../../../../schema/seed.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { kernelDerivatives } from "../../kernel/derivatives.ts";
import { dot, takeColumns } from "../matrix-parts.ts";
import type { Geometry } from "../geometry.ts";
import type { Prepared } from "../prepared.ts";
import type { Scene } from "../scene.ts";
import type { ProbeSet } from "./model.ts";
import { profileOf, traceOfDot } from "./profile.ts";
import type { RowsOnDevice } from "./rows-on-device.ts";

/** What curvature reads of a setting, wherever its matrices lie. */
export interface CurvaturePrepared extends Pick<Prepared, "setting" | "replicate" | "lengthScale" | "linalg"> {
  readonly geometry: Pick<Geometry, "dimension" | "testLabels" | "poisons">;
  /** (n, q). */
  readonly codes: Pick<Matrix, "rows" | "cols">;
}

/** The rows of one trigger strength, (d, ·), and how test rows lie to them. */
export interface ProbedScene {
  /** X' = [X, Z]: training rows, then poisons. */
  readonly rows: Matrix;
  /** Where X' also lies; undefined without a device. */
  readonly device: RowsOnDevice | undefined;
  /** Test rows without and with the trigger. */
  readonly test: Readonly<Record<"clean" | "triggered", Matrix>>;
  /** Measures between X' and some test rows, (n', B). */
  readonly measures: (of: "clean" | "triggered", chosen: Int32Array) => Matrix;
}

/** The same of a geometry on the host. */
export function hostScene({ geometry }: Prepared, { geometry: own }: Scene): ProbedScene {
  if (geometry.features === null || own.features === null) {
    throw new ComputeError("bug", "no_features", "curvature of a geometry that kept no rows");
  }
  const measures = {
    clean: { train: geometry.trainTest, poison: own.poisonTest },
    triggered: { train: own.trainTriggered, poison: own.poisonTriggered },
  };
  return {
    rows: beside(geometry.features.train, own.features.poisons),
    device: undefined,
    test: { clean: geometry.features.test, triggered: own.features.test },
    measures: (of, chosen) => below(takeColumns(measures[of].train, chosen), takeColumns(measures[of].poison, chosen)),
  };
}

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
  const { probes: wanted, references } = curvature;
  const orderOf = (purpose: string): Int32Array =>
    randomOrder(randomFrom(deriveSeed(seed, purpose, curvature.seed, replicate)), labels.length, labels.length);
  const isProbe = (row: number): boolean => mayBeProbe(curvature, labels[row]!, target);
  const probes = orderOf("curvature probes").filter(isProbe).slice(0, wanted);
  if (probes.length < wanted) {
    const message = `curvature: ${wanted} probes asked, the ${labels.length} test rows of replicate ${replicate} hold ` +
      `${probes.length} ${probesInWords(curvature, target)}: ask for fewer, or for more test rows`;
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

export function sceneProbes(prepared: CurvaturePrepared, scene: ProbedScene, chosen: Chosen): SceneProbes {
  const setOf = (of: "clean" | "triggered", rows: Int32Array): ProbeSet => probeSet(prepared, scene, {
    measures: scene.measures(of, rows),
    probes: takeColumns(scene.test[of], rows),
    labels: rows.map((row) => prepared.geometry.testLabels[row]!),
  });
  const sets = { clean: setOf("clean", chosen.probes), triggered: setOf("triggered", chosen.probes) };
  return {
    ...sets,
    references: chosen.references.length === 0 ? null : setOf("clean", chosen.references),
    direction: meanDifference(sets.triggered.rows.probes, sets.clean.rows.probes),
    rows: scene.rows,
  };
}

interface Gathered {
  readonly measures: Matrix;
  readonly probes: Matrix;
  readonly labels: Int32Array;
}

function probeSet(prepared: CurvaturePrepared, { rows, device }: ProbedScene, { measures, probes, labels }: Gathered): ProbeSet {
  const { setting, lengthScale, geometry } = prepared;
  const derivatives = kernelDerivatives(setting.spec.kernel, lengthScale, geometry.dimension);
  const profile = profileOf(measures, derivatives, geometry.dimension);
  if (derivatives.form === "dot") {
    traceOfDot(profile, Float64Array.from({ length: rows.cols }, (_, i) => {
      const row = columns(rows, i, i + 1).data;
      return dot(row, row);
    }));
  }
  return { rows: { rows, probes, device }, profile, labels };
}

function meanDifference(after: Matrix, before: Matrix): Float64Array {
  const out = new Float64Array(after.rows);
  for (let at = 0; at < after.data.length; at++) out[at % after.rows]! += after.data[at]! - before.data[at]!;
  const norm = Math.sqrt(dot(out, out));
  return norm > 0 ? out.map((value) => value / norm) : out;
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
