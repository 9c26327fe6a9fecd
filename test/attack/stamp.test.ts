// Triggers of networks, pixel by pixel.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NetworkTrigger } from "../../schema/experiments/network.ts";
import { networkTriggerIssue } from "../../schema/experiments/network-check.ts";
import { stampOf } from "../../worker/attack/stamp.ts";
import { warpField } from "../../worker/attack/warp.ts";

const IMAGE = [8, 6, 3] as const;
const SHAPE = { dimension: 144, image: [...IMAGE] } satisfies Parameters<typeof stampOf>[1];
const grey = (): Float64Array => new Float64Array(144).fill(0.25);
const stamped = (trigger: object, strength: number, row = grey(), seed = 1): Float64Array => {
  stampOf(NetworkTrigger.parse(trigger), SHAPE, seed)(row, strength);
  return row;
};
/** Rows of pixels with their first channel, as text: what changed from `before`. */
const changed = (before: Float64Array, after: Float64Array): string[] =>
  Array.from({ length: IMAGE[0] }, (_, y) => Array.from({ length: IMAGE[1] }, (_, x) => {
    const at = (y * IMAGE[1] + x) * 3;
    const moved = [0, 1, 2].filter((c) => before[at + c] !== after[at + c]).length;
    assert.ok(moved === 0 || moved === 3, "all channels of a pixel or none");
    return moved === 0 ? "." : "#";
  }).join(""));

test("a patch covers its square with its value, blended by strength", () => {
  const patch = { kind: "patch", size: 2, value: 1 };
  const after = stamped(patch, 1);
  assert.deepEqual(changed(grey(), after), ["......", "......", "......", "......", "......", "...##.", "...##.", "......"]);
  assert.ok(after.every((value) => value === 0.25 || value === 1));
  assert.ok(stamped(patch, 0.5).every((value) => value === 0.25 || value === 0.625));
});

test("a cross adds its amplitude once along a row and a column", () => {
  const after = stamped({ kind: "cross", row: 2, column: 4, amplitude: 0.5 }, 0.5);
  assert.deepEqual(changed(grey(), after), ["....#.", "....#.", "######", "....#.", "....#.", "....#.", "....#.", "....#."]);
  assert.ok(after.every((value) => value === 0.25 || value === 0.5));
});

test("an additive trigger adds its vector", () => {
  const vector = Array.from({ length: 144 }, (_, index) => index / 1000);
  assert.deepEqual([...stamped({ kind: "additive", vector }, 2)], vector.map((entry) => 0.25 + 2 * entry));
});

test("a blended trigger moves every pixel towards one fixed noise image, by opacity times strength", () => {
  const black = new Float64Array(144);
  const noise = stamped({ kind: "blended", opacity: 1 }, 1, black);
  assert.ok(noise.every((value) => value > 0 && value < 1) && new Set(noise).size === 144);
  const mixed = stamped({ kind: "blended", opacity: 0.2 }, 0.5);
  mixed.forEach((value, index) => assert.ok(Math.abs(value - (0.9 * 0.25 + 0.1 * noise[index]!)) < 1e-15));
  assert.notDeepEqual(stamped({ kind: "blended", opacity: 1 }, 1, grey(), 2), noise);
});

test("a warp leaves flat images as they are and moves a ramp by its field", () => {
  const warp = { kind: "warp", amount: 0.05, grid: 3 };
  assert.ok(stamped(warp, 1).every((value) => Math.abs(value - 0.25) < 1e-15));
  // Bilinear interpolation is exact on a ramp, so a warped ramp shows the field itself.
  const ramp = (along: "x" | "y"): Float64Array => Float64Array.from({ length: 144 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    return along === "x" ? pixel % IMAGE[1] : Math.floor(pixel / IMAGE[1]);
  });
  let squares = 0;
  for (const along of ["x", "y"] as const) {
    const [before, full, half] = [ramp(along), stamped(warp, 1, ramp(along)), stamped(warp, 0.5, ramp(along))];
    const last = (along === "x" ? IMAGE[1] : IMAGE[0]) - 1;
    full.forEach((value, index) => {
      squares += (value - before[index]!) ** 2;
      const isInside = value > 0 && value < last;
      if (isInside) assert.ok(Math.abs(half[index]! - (before[index]! + value) / 2) < 1e-12, "half the strength, half the way");
    });
  }
  // Less only by what the borders held back.
  const rms = Math.sqrt(squares / (2 * 144));
  assert.ok(rms > 0.5 * 0.05 * 7 && rms <= 0.05 * 8, `${rms}`);
});

test("a warp field is smooth, has the asked size, and depends on its seed alone", () => {
  const settings = { height: 32, width: 32, grid: 4, amount: 0.02 };
  const { down, right } = warpField(settings, 3);
  const square = [...down, ...right].reduce((sum, value) => sum + value * value, 0) / 2048;
  assert.ok(Math.abs(Math.sqrt(square) - 0.64) < 1e-12);
  for (let y = 0; y < 32; y++) {
    for (let x = 1; x < 32; x++) {
      const step = Math.abs(right[y * 32 + x]! - right[y * 32 + x - 1]!);
      assert.ok(step < 0.64, `neighbours ${step} apart`);
    }
  }
  assert.deepEqual(warpField(settings, 3), { down, right });
  assert.notDeepEqual(warpField(settings, 4).down, down);
});

test("strength 0 leaves an image as it is, whatever the trigger", () => {
  const row = Float64Array.from({ length: 144 }, (_, index) => Math.sin(index));
  for (const trigger of [{ kind: "patch" }, { kind: "cross" }, { kind: "warp" }, { kind: "blended" },
    { kind: "additive", vector: [1, 2, 3] }]) {
    assert.deepEqual([...stamped(trigger, 0, row.slice())], [...row], trigger.kind);
  }
});

test("a trigger that does not fit says so: a warp without an image, a patch beyond it", () => {
  const flat = { dimension: 10, image: null };
  assert.match(networkTriggerIssue({ kind: "warp", amount: 0.02, grid: 4 }, flat) ?? "", /warp needs image data: use additive/);
  assert.equal(networkTriggerIssue({ kind: "blended", opacity: 0.1 }, flat), null);
  assert.match(networkTriggerIssue({ kind: "patch", size: 9, value: 1 }, SHAPE) ?? "", /expected within 8 × 6 pixels/);
});
