// The points of one ridge and trigger strength over κ: pencils, solved once per poison count.
import type { Status } from "../../../../schema/column.ts";
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import { columns } from "../../../linalg/matrix.ts";
import { rememberLast } from "../line.ts";
import type { PointMetrics } from "../rows.ts";
import { isCancelled } from "../solver.ts";
import { atKappa, type Curve, curveOf, predictCurve } from "./curve.ts";
import { pencilOf, toPencil } from "./pencil.ts";
import { penaltyPoint, type PenaltyCase } from "./point.ts";
import type { PenaltyPoison } from "./poison.ts";
import type { PenaltyPrepared, PenaltyScene } from "./prepared.ts";

/** One clone count m and target under a ridge c. */
export interface PenaltyLine {
  readonly count: number;
  /** Index along the study's targets. */
  readonly target: number;
}

/** Measures a block of κ: one result each. */
export type PenaltyMeasurer = (line: PenaltyLine) => readonly (PointMetrics | Status)[];

interface Solved {
  readonly curve: Curve;
  readonly test: Matrix;
  readonly triggered: Matrix;
}

/** @param c ridge, above 0, for which K + cI is positive definite. */
export function penaltyMeasurer(
  prepared: PenaltyPrepared,
  scene: PenaltyScene,
  { c, kappas }: { readonly c: number; readonly kappas: readonly number[] },
): PenaltyMeasurer {
  const clean = solveClean(prepared, scene, { c, kappas });
  const poisonedOf = rememberLast<Solved>();
  return ({ count, target }) => {
    const member = prepared.geometry.poisons.members[target]?.[0] ?? 0;
    const poison = scene.poison(member);
    const solved = count === 0 ? clean : poisonedOf(`${member} ${count}`, () =>
      solvePoisoned(prepared, poison, { c, kappas, count }));
    const one = caseOf(prepared, { clean, solved, poison, c, count, target });
    return kappas.map((_, k) => {
      if (isCancelled(one.variance(k), poison.self)) return "variance_cancelled";
      return penaltyPoint(one, k);
    });
  };
}

function solveClean(
  { span, gram, linalg, test }: PenaltyPrepared,
  { triggered }: PenaltyScene,
  { c, kappas }: { readonly c: number; readonly kappas: readonly number[] },
): Solved {
  const pencil = pencilOf({ spectrum: span.spectrum, c, clean: gram, poison: null }, linalg);
  const curve = curveOf(pencil, labelSides(span.codes, span.spectrum), kappas, linalg);
  return {
    curve,
    test: predictCurve(curve, test, linalg),
    triggered: predictCurve(curve, triggered, linalg),
  };
}

function solvePoisoned(
  { span, linalg }: PenaltyPrepared,
  poison: PenaltyPoison,
  asked: { readonly c: number; readonly kappas: readonly number[]; readonly count: number },
): Solved {
  const { c, kappas, count } = asked;
  const { spectrum, clean, own, features } = poison;
  const pencil = pencilOf({ spectrum, c, clean, poison: { gram: own, count } }, linalg);
  const labels = labelSides(span.codes, spectrum);
  const right = matrix(spectrum.length, labels.cols + 1);
  right.data.set(labels.data);
  right.data.set(features, labels.data.length);
  const curve = curveOf(pencil, right, kappas, linalg);
  return {
    curve,
    test: predictCurve(curve, poison.test, linalg),
    triggered: predictCurve(curve, poison.triggered, linalg),
  };
}

/** ΦᵀY, (p, q): zero for a function that vanishes on the clean rows. */
function labelSides(codes: Matrix, spectrum: Float64Array): Matrix {
  const out = matrix(spectrum.length, codes.cols);
  for (let j = 0; j < codes.cols; j++) {
    for (let i = 0; i < codes.rows; i++) {
      out.data[i + j * out.rows] = Math.sqrt(spectrum[i]!) * codes.data[i + j * codes.rows]!;
    }
  }
  return out;
}

interface CaseParts {
  readonly clean: Solved;
  readonly solved: Solved;
  readonly poison: PenaltyPoison;
  readonly c: number;
  readonly count: number;
  readonly target: number;
}

function caseOf(prepared: PenaltyPrepared, parts: CaseParts): PenaltyCase {
  const { clean, solved, poison, c, count, target } = parts;
  const victims = prepared.victims[target]!;
  return {
    span: prepared.span,
    c,
    count,
    target: prepared.setting.target.values[target]!,
    curve: solved.curve,
    variance: varianceOf(prepared, parts),
    self: poison.self,
    lawKernel: meanOfAsked(poison.triggeredKernel, victims),
    test: { scores: solved.test, claimed: prepared.geometry.testLabels },
    triggered: { scores: solved.triggered, claimed: victims },
    before: clean.triggered,
  };
}

/** s; without clones the penalty does not reach what the clean span leaves open of ζ. */
function varianceOf(
  { span, linalg }: PenaltyPrepared,
  { solved, poison, c, count }: CaseParts,
): (k: number) => number {
  const { curve } = solved;
  const q = span.codes.cols;
  if (count > 0) {
    const side = columns(curve.sides, q, q + 1).data;
    return (k) => {
      const damped = columns(atKappa(curve.damped, curve, k), q, q + 1).data;
      return c * side.reduce((sum, value, i) => sum + value * damped[i]!, 0);
    };
  }
  const { shared, rest } = poison.place;
  const side = toPencil(curve.pencil, matrix(shared.length, 1, shared), linalg).data;
  const { values } = curve.pencil;
  return (k) => {
    const kappa = curve.kappas[k] ?? Number.NaN;
    return rest + c * side.reduce((sum, value, i) => sum + value ** 2 / (1 + kappa * values[i]!), 0);
  };
}

function meanOfAsked(values: Float64Array, claimed: Int32Array): number {
  const asked = values.filter((_, x) => claimed[x]! >= 0);
  return asked.reduce((sum, value) => sum + value, 0) / asked.length;
}
