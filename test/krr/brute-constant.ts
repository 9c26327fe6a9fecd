// Clones with an unpenalised constant straight from its definition: [[K + cI, 1], [1ᵀ, 0]] whole.
import type { Draw } from "../../data/draw.ts";
import type { KrrSpec } from "../../schema/study.ts";
import {
  absoluteRidge,
  type BrutePoint,
  gramOf,
  kernelOf,
  mean,
  product,
  type Row,
  rowsOf,
  solve,
  standardiserOf,
  sum,
  triggerOf,
  wins,
  withRidge,
} from "./brute-force.ts";

export function bruteConstant(spec: KrrSpec, draw: Draw, point: BrutePoint): Record<string, number> {
  const { target, count: m } = point;
  const standardise = standardiserOf(spec, draw.train);
  const trigger = triggerOf(spec, point.strength);
  const train = rowsOf(draw.train).map(standardise);
  const test = rowsOf(draw.test).map(standardise);
  const triggered = rowsOf(draw.test).map(trigger).map(standardise);
  const poison = rowsOf(draw.bases).filter((_, row) => draw.bases.labels[row] !== target)
    .map(trigger).map(standardise)[0] ?? [];
  const q = draw.classes;
  const code = (label: number): Row =>
    Array.from({ length: q }, (_, j) => (j === label ? 1 : 0) - 1 / q);
  const kernel = kernelOf(spec, point.lengthScale, draw.train.dimension);
  const c = absoluteRidge(spec, point);
  const cleanCodes = [...draw.train.labels].map(code);
  const copies = Array.from({ length: m }, () => poison);
  const all = [...train, ...copies];
  const codes = [...cleanCodes, ...copies.map(() => code(target))];
  const bordered = (rows: readonly Row[]): number[][] => [
    ...withRidge(gramOf(rows, rows, kernel), c).map((row) => row.concat(1)),
    [...rows.map(() => 1), 0],
  ];
  const zeros = Array.from({ length: q }, () => 0);
  const model = (rows: readonly Row[], labels: readonly Row[]): ((x: Row) => Row) => {
    const weights = solve(bordered(rows), [...labels, zeros]);
    return (x) => product([[...rows.map((z) => kernel(x, z)), 1]], weights)[0] ?? [];
  };
  const [before, after] = [model(train, cleanCodes), model(all, codes)];
  const seen = [...train.map((x) => kernel(poison, x)), 1];
  const solved = solve(bordered(train), seen.map((value) => [value]));
  const s = kernel(poison, poison) - sum(seen.map((value, i) => value * (solved[i]?.[0] ?? NaN)));
  const unit = all.map((_, i) => all.map((__, j) => (i === j ? 1 : 0)));
  const smoother = solve(bordered(all), [...unit, all.map(() => 0)]);
  const fitted = product(all.map((x) => [...all.map((z) => kernel(x, z)), 1]), smoother);
  const isVictim = [...draw.test.labels].map((label) => label !== target);
  const victims = (values: readonly number[]): number[] => values.filter((_, x) => isVictim[x]);
  const k0 = mean(victims(triggered.map((x) => kernel(x, poison))));
  return {
    clean_accuracy: mean(test.map(after).map((f, x) => wins(f, draw.test.labels[x] ?? -1))),
    attack_success_rate: mean(victims(triggered.map(after).map((f) => wins(f, target)))),
    delta_f: mean(victims(triggered.map((x) =>
      (after(x)[target] ?? NaN) - (before(x)[target] ?? NaN)))),
    delta_f_law: m === 0 ? 0 : (k0 * (1 - 1 / q) * m) / (c + kernel(poison, poison) * m),
    posterior_variance: s,
    gamma: m === 0 ? 0 : m / (c + m * s),
    effective_dof: sum(fitted.map((row, i) => row[i] ?? NaN)),
    train_mse: mean(all.map((x, i) =>
      sum(after(x).map((value, j) => ((codes[i]?.[j] ?? NaN) - value) ** 2)))),
    ridge_absolute: c,
    length_scale_absolute: point.lengthScale,
  };
}
