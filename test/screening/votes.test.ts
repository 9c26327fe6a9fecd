// DPA's vote and certificate by enumeration, and STRIP's entropy by definition.
import assert from "node:assert/strict";
import test from "node:test";
import { randomFrom } from "../../data/random.ts";
import { partitionOf, pluralityVote } from "../../worker/screening/partitions.ts";
import { blendEntropies, entropyThreshold, fitBeta } from "../../worker/screening/strip.ts";

/** Every vote that `changes` row changes, each of which alters one model's answer, can lead to. */
function reachable(votes: readonly number[], changes: number): number[][] {
  if (changes === 0) return [[...votes]];
  return reachable(votes, changes - 1).flatMap((one) => one.flatMap((count, from) =>
    count === 0 ? [] : one.map((_, to) => one.map((value, j) => value - (j === from ? 1 : 0) + (j === to ? 1 : 0)))));
}
const winnerOf = (votes: readonly number[]): number => votes.indexOf(Math.max(...votes));

test("no number of changes up to the certificate alters the vote, and one more can", () => {
  const random = randomFrom(1);
  let positive = 0;
  for (let trial = 0; trial < 60; trial++) {
    const votes = Array.from({ length: 3 }, () => random.below(6));
    if (votes.every((count) => count === 0)) continue;
    const { winner, certificate } = pluralityVote(Int32Array.from(votes));
    assert.equal(winner, winnerOf(votes));
    assert.ok(certificate >= 0);
    positive += certificate > 0 ? 1 : 0;
    for (const one of reachable(votes, certificate)) assert.equal(winnerOf(one), winner, `${votes.join(" ")} ${one.join(" ")}`);
    assert.ok(reachable(votes, certificate + 1).some((one) => winnerOf(one) !== winner), votes.join(" "));
  }
  assert.ok(positive > 10);
});

test("a row's partition follows from its numbers and label alone, and spreads rows evenly", () => {
  const random = randomFrom(2);
  const rows = Array.from({ length: 4000 }, () => Float64Array.from({ length: 3 }, () => random.normal()));
  const counts = new Int32Array(8);
  for (const row of rows) counts[partitionOf(row, 1, 8)]!++;
  // 500 expected of each, deviation 21.
  for (const count of counts) assert.ok(Math.abs(count - 500) < 100, String(count));
  const [first] = rows;
  assert.ok(first !== undefined);
  const wide = Float64Array.of(9, ...first, 9);
  assert.equal(partitionOf(wide.subarray(1, 4), 1, 8), partitionOf(first, 1, 8));
  assert.ok(rows.some((row) => partitionOf(row, 0, 8) !== partitionOf(row, 1, 8)));
});

test("entropies are means of −Σ p log p, and do not overflow", () => {
  const scores = [Float64Array.of(0, 0, 1, 3), Float64Array.of(1000, -1000, 5, 5)];
  const h = (a: number, b: number): number => {
    const p = 1 / (1 + Math.exp(b - a));
    return [p, 1 - p].reduce((sum, one) => sum - (one > 0 ? one * Math.log(one) : 0), 0);
  };
  const [one, two] = blendEntropies(scores, 2, 2);
  assert.ok(Math.abs(one! - (h(0, 0) + h(2, 6)) / 2) < 1e-14);
  assert.ok(Math.abs(two! - Math.log(2) / 2) < 1e-14);
});

test("β is where the clean likelihood is largest on its grid", () => {
  const random = randomFrom(3);
  const truth = 5;
  const scores = Float64Array.from({ length: 4000 }, () => random.normal() / 2);
  const labels = Int32Array.from({ length: 2000 }, (_, row) =>
    (random.uniform() < 1 / (1 + Math.exp(truth * (scores[2 * row + 1]! - scores[2 * row]!))) ? 0 : 1));
  const beta = fitBeta(scores, labels, 2);
  assert.ok(Math.abs(Math.log10(beta / truth)) < 0.15, String(beta));
});

test("the threshold leaves a share of clean rows below", () => {
  const values = Float64Array.from({ length: 200 }, (_, i) => (i * 37) % 200);
  assert.equal(values.filter((value) => value < entropyThreshold(values, 0.1)).length, 20);
});
