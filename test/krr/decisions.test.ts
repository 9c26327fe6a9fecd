// Closed-form decisions against scores that are added up and compared, ties included.
import assert from "node:assert/strict";
import { test } from "node:test";
import { countWithin, winningIntervals } from "../../worker/experiments/krr/intervals.ts";
import { prefixWins } from "../../worker/experiments/krr/prefix-wins.ts";
import { mulberry } from "./problems.ts";

interface Case {
  readonly t: number;
  readonly q: number;
  readonly scores: Float64Array;
  readonly g: Float64Array;
  readonly r: Float64Array;
  readonly claimed: Int32Array;
  readonly gammas: Float64Array;
}

/** `grain` 0 gives random reals; else all numbers are multiples of it, so that ties are exact. */
function randomCase(seed: number, grain: number): Case {
  const random = mulberry(seed);
  const number = (): number => {
    const value = 4 * random() - 2;
    return grain === 0 ? value : Math.round(value / grain) * grain;
  };
  const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, number);
  const [t, q] = [20, 2 + (seed % 4)];
  return {
    t,
    q,
    scores: numbers(t * q),
    g: numbers(t),
    r: numbers(q),
    claimed: Int32Array.from({ length: t }, () => Math.floor(random() * (q + 1)) - 1),
    gammas: numbers(8).map(Math.abs).sort(),
  };
}

function winsDirectly({ t, q, scores, g, r, claimed }: Case, gamma: number): number[] {
  const winners: number[] = [];
  for (let x = 0; x < t; x++) {
    const own = claimed[x]!;
    if (own < 0) continue;
    const f = Array.from({ length: q }, (_, j) => scores[j * t + x]! + gamma * g[x]! * r[j]!);
    if (f.every((value) => value <= f[own]!)) winners.push(x);
  }
  return winners;
}

for (const grain of [0, 0.25, 1]) {
  test(`10,000 closed-form decisions have no mismatch with direct ones, grain ${grain}`, () => {
    let decisions = 0;
    let ties = 0;
    for (let seed = 0; decisions < 10_000; seed++) {
      const one = randomCase(seed, grain);
      const intervals = { lo: new Float64Array(one.t), hi: new Float64Array(one.t) };
      winningIntervals({ ...one, start: 0 }, one.claimed, intervals);
      const counts = countWithin(intervals, one.gammas);
      for (const [index, gamma] of one.gammas.entries()) {
        const inside = [...intervals.lo.keys()]
          .filter((x) => intervals.lo[x]! <= gamma && gamma <= intervals.hi[x]!);
        assert.deepEqual(inside, winsDirectly(one, gamma), `seed ${seed}, gamma ${gamma}`);
        assert.equal(counts[index], inside.length);
        ties += inside.filter((x) => intervals.lo[x] === gamma || intervals.hi[x] === gamma).length;
        decisions += one.claimed.filter((label) => label >= 0).length;
      }
    }
    // With whole and quarter numbers the thresholds themselves are among the γ that are asked.
    assert.ok(grain === 0 ? ties === 0 : ties > 50, `${ties} ties`);
  });
}

test("10,000 decisions along nested poisons have no mismatch with sums from scratch", () => {
  let decisions = 0;
  for (let seed = 0; decisions < 10_000; seed++) {
    const { t, q, scores, claimed } = randomCase(seed, 0.5);
    const random = mulberry(seed + 1e6);
    const poisons = 6;
    const pulls = Float64Array.from({ length: poisons * t }, () => Math.round(4 * random()) - 2);
    const halves = (): number => Math.round(4 * random()) / 2 - 1;
    const weights = Float64Array.from({ length: poisons * q }, halves);
    const lengths = [0, 1, 2, 4, 6];
    const rows = { scores, start: 0, classes: q, pulls, weights, poisons };
    const got = prefixWins(rows, claimed, lengths);
    for (const [index, length] of lengths.entries()) {
      let wins = 0;
      for (const [x, own] of claimed.entries()) {
        if (own < 0) continue;
        decisions++;
        const f = Array.from({ length: q }, (_, j) => {
          let sum = scores[j * t + x]!;
          for (let k = length - 1; k >= 0; k--) {
            sum += pulls[x * poisons + k]! * weights[k * q + j]!;
          }
          return sum;
        });
        if (Math.max(...f) === f[own]) wins++;
      }
      assert.equal(got[index], wins);
    }
  }
});
