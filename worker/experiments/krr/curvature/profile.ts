// What derivatives at the probes need of each (training row, probe) pair, whatever the kernel.
//
// For rows x_i of X' = [X, Z] (training rows, then poisons) and probes x_b:
//   ∇k(x_b, x_i) = toRow · x_i + toProbe · x_b
// and a sum of Hessians Σ ω_ib Hess k(x_b, x_i), linear in the weights ω (n', B), is the operator
//   v ↦ X' (ρ ∘ y − C y_B) + X_B (σ ∘ y_B − Cᵀ y) + τ v,   y = X'ᵀ v,  y_B = X_Bᵀ v,
//   ρ_i = Σ_b ω rowRow,  C = ω ∘ rowProbe,  σ_b = Σ_i ω probeProbe,  τ = Σ ω identity,
// with trace Σ ω trace. So the three forms of kernels share all code from here on.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { Jet, KernelDerivatives } from "../../kernel/derivatives.ts";

/** All matrices are (n', B). Some share their memory. */
export interface Profile {
  readonly kernel: Matrix;
  readonly toRow: Matrix;
  readonly toProbe: Matrix;
  readonly rowRow: Matrix;
  readonly rowProbe: Matrix;
  readonly probeProbe: Matrix;
  readonly identity: Matrix;
  readonly trace: Matrix;
  /**
   * What toRow is multiplied by to give rowProbe, where one number does for all pairs: then X'C is
   * a mixture of gradients and C itself is not needed. Else null.
   */
  readonly crossShare: number | null;
  /** Pairs on a cusp, whose own terms are left out. */
  readonly cusps: number;
}

/** @param measures (n', B): squared distances or inner products, as the kernel's form asks. */
export function profileOf(
  measures: Matrix,
  derivatives: KernelDerivatives,
  dimension: number,
): Profile {
  const { rows, cols, data } = measures;
  const [kernel, first, second] = [matrix(rows, cols), matrix(rows, cols), matrix(rows, cols)];
  const jet: Jet = { value: 0, first: 0, second: 0 };
  let cusps = 0;
  for (let i = 0; i < rows * cols; i++) {
    if (!derivatives.at(data[i]!, jet)) cusps++;
    kernel.data[i] = jet.value;
    first.data[i] = jet.first;
    second.data[i] = jet.second;
  }
  const parts = { measures, first, second, dimension, decayRate: derivatives.decayRate };
  return { kernel, cusps, ...FORMS[derivatives.form](parts) };
}

interface Parts {
  readonly measures: Matrix;
  readonly first: Matrix;
  readonly second: Matrix;
  readonly dimension: number;
  readonly decayRate: number | undefined;
}

type Coefficients = Omit<Profile, "kernel" | "cusps">;

const FORMS: Readonly<Record<KernelDerivatives["form"], (parts: Parts) => Coefficients>> = {
  radial({ measures, first, second, dimension, decayRate }) {
    const s = measures.data;
    const outer = mapped(second, (second) => 4 * second);
    const identity = mapped(first, (first) => 2 * first);
    return {
      toRow: mapped(first, (first) => -2 * first),
      toProbe: identity,
      rowRow: outer,
      rowProbe: outer,
      probeProbe: outer,
      identity,
      trace: mapped(first, (first, i) => 2 * dimension * first + s[i]! * outer.data[i]!),
      // 4h'' = −4b h' against −2h'.
      crossShare: decayRate === undefined ? null : 2 * decayRate,
    };
  },
  dot({ first, second }) {
    const zero = matrix(first.rows, first.cols);
    // The trace needs |x_i|², which the measures do not hold: `traceOfDot` fills it in.
    return { toRow: first, toProbe: zero, rowRow: second, rowProbe: zero, probeProbe: zero,
      identity: zero, trace: matrix(first.rows, first.cols), crossShare: 0 };
  },
  sphere({ measures, first, second, dimension }) {
    const u = (i: number): number => 1 - measures.data[i]! / 2;
    // |z − u x|² = 1 − u², without cancellation.
    const rest = (i: number): number => measures.data[i]! * (1 - measures.data[i]! / 4);
    return {
      toRow: first,
      toProbe: mapped(first, (first, i) => -u(i) * first),
      rowRow: second,
      rowProbe: mapped(first, (first, i) => u(i) * second.data[i]! + first),
      probeProbe: mapped(first, (first, i) => u(i) * (u(i) * second.data[i]! + 3 * first)),
      identity: mapped(first, (first, i) => -u(i) * first),
      trace: mapped(first, (first, i) =>
        rest(i) * second.data[i]! + u(i) * (1 - dimension) * first),
      crossShare: null,
    };
  },
};

/** Completes a dot kernel's profile: tr Hess k = h'' |x_i|². @param norms |x_i|², (n'). */
export function traceOfDot({ trace, rowRow }: Profile, norms: Float64Array): void {
  for (let at = 0; at < trace.data.length; at++) {
    trace.data[at] = rowRow.data[at]! * norms[at % trace.rows]!;
  }
}

function mapped(source: Matrix, value: (value: number, index: number) => number): Matrix {
  const out = matrix(source.rows, source.cols);
  for (let i = 0; i < out.data.length; i++) out.data[i] = value(source.data[i]!, i);
  return out;
}
