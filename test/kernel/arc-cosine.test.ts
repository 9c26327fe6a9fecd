// The kernels of infinitely wide ReLU networks against the Gaussian integrals that define them.
//
// One hidden layer f = √(2/N) Σ a_j relu(w_j·x), a and w standard normal, N → ∞:
//   nngp  E f(x) f(z)          = 2 E relu(w·x) relu(w·z)
//   ntk   E ∇f(x)·∇f(z)        = nngp + 2 (x·z) E 1[w·x > 0] 1[w·z > 0]
// In the plane of x and z, w = ρ (cos φ, sin φ) with E ρ² = 2: integrals over φ alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelDerivatives, type Jet } from "../../worker/experiments/kernel/derivatives.ts";
import { kernelMap } from "../../worker/experiments/kernel/kernel-map.ts";

/** Gauss-Legendre would do; the integrand is smooth between its kinks, so Simpson does between them. */
function simpson(f: (x: number) => number, from: number, to: number): number {
  const steps = 400;
  const h = (to - from) / steps;
  let sum = f(from) + f(to);
  for (let i = 1; i < steps; i++) sum += f(from + i * h) * (i % 2 === 1 ? 4 : 2);
  return (sum * h) / 3;
}

/** Means over w of relu(w·x) relu(w·z) and of both being positive, for rows at an angle θ. */
function integrals(theta: number): { product: number; both: number } {
  // Both are positive where φ lies within π/2 of x's direction, 0, and of z's, θ.
  const [from, to] = [theta - Math.PI / 2, Math.PI / 2];
  const squaredRadius = 2;
  return {
    product: (squaredRadius * simpson((phi) => Math.cos(phi) * Math.cos(phi - theta), from, to)) / (2 * Math.PI),
    both: (to - from) / (2 * Math.PI),
  };
}

const valueAt = (name: "ntk" | "nngp", theta: number): number => {
  const square = Float64Array.of(4 * Math.sin(theta / 2) ** 2);
  kernelMap({ name }, Number.NaN, 3).fill(square, square, 0, 1);
  return square[0] ?? Number.NaN;
};

test("nngp and ntk are the integrals over a random layer", () => {
  for (const theta of [0, 1e-9, 1e-4, 0.3, 1, Math.PI / 2, 2.5, 3.1, Math.PI]) {
    const { product, both } = integrals(theta);
    const [nngp, ntk] = [2 * product, 2 * product + 2 * Math.cos(theta) * both];
    assert.ok(Math.abs(valueAt("nngp", theta) - nngp) < 1e-10, `nngp at ${theta}: ${valueAt("nngp", theta)}, ${nngp}`);
    assert.ok(Math.abs(valueAt("ntk", theta) - ntk) < 1e-10, `ntk at ${theta}: ${valueAt("ntk", theta)}, ${ntk}`);
  }
  assert.equal(valueAt("nngp", 0), 1);
  assert.equal(valueAt("ntk", 0), 2);
});

test("derivatives in u are those of central differences", () => {
  for (const name of ["ntk", "nngp"] as const) {
    const derivatives = kernelDerivatives({ name }, Number.NaN, 3);
    const h = 1e-5;
    for (const u of [-0.9, -0.3, 0, 0.5, 0.95]) {
      const at = (x: number): number => valueAt(name, Math.acos(x));
      const jet: Jet = { value: 0, first: 0, second: 0 };
      assert.ok(derivatives.at(2 - 2 * u, jet));
      assert.ok(Math.abs(jet.value - at(u)) < 1e-14);
      assert.ok(Math.abs(jet.first - (at(u + h) - at(u - h)) / (2 * h)) < 1e-7 * Math.abs(jet.first), name);
      const second = (at(u + h) - 2 * at(u) + at(u - h)) / (h * h);
      assert.ok(Math.abs(jet.second - second) < 2e-4 * Math.max(1, Math.abs(second)), `${name} at ${u}: ${jet.second}, ${second}`);
    }
    // On the cusp ntk's terms are left out; those of nngp have limits.
    const jet: Jet = { value: 0, first: 0, second: 0 };
    assert.equal(derivatives.at(0, jet), name === "nngp");
    assert.equal(jet.first, name === "nngp" ? 1 : 0);
  }
});
