import assert from "node:assert/strict";
import { test } from "node:test";
import { naturalLog } from "../../data/natural-log.ts";
import { randomFrom, randomOrder } from "../../data/random.ts";
import { deriveSeed } from "../../schema/seed.ts";

const mask32 = 0xffffffffn;
const mask64 = 0xffffffffffffffffn;

/** splitmix64 and xoshiro128** once more, in arbitrary precision, from their definitions. */
function referenceWords(seed: bigint, count: number): number[] {
  const splitmix = () => {
    seed = (seed + 0x9e3779b97f4a7c15n) & mask64;
    let z = ((seed ^ (seed >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask64;
    return z ^ (z >> 31n);
  };
  const [low, high] = [splitmix(), splitmix()];
  let s = [low & mask32, low >> 32n, high & mask32, high >> 32n];
  const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask32;
  return Array.from({ length: count }, () => {
    const [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = s;
    const out = (rotate((s1 * 5n) & mask32, 7n) * 9n) & mask32;
    const [t2, t3] = [s2 ^ s0, s3 ^ s1];
    s = [s0 ^ t3, s1 ^ t2, t2 ^ ((s1 << 9n) & mask32), rotate(t3, 11n)];
    return Number(out);
  });
}

/** Deviations of Σ (observed − expected)² / expected from what equally likely bins give. */
function chiSquare(counts: Iterable<number>): { excess: number } {
  const all = [...counts];
  const expected = all.reduce((sum, count) => sum + count, 0) / all.length;
  const sum = all.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
  return { excess: (sum - (all.length - 1)) / Math.sqrt(2 * (all.length - 1)) };
}

function counted(bins: number, draws: number, draw: () => number): Float64Array {
  const counts = new Float64Array(bins);
  for (let i = 0; i < draws; i++) counts[draw()]! += 1;
  return counts;
}

test("the generator equals xoshiro128** seeded by splitmix64, for small and 53-bit seeds", () => {
  for (const seed of [0, 1, 1234567, 2 ** 32, 2 ** 53 - 1]) {
    const random = randomFrom(seed);
    const drawn = Array.from({ length: 100 }, () => random.uint32());
    assert.deepEqual(drawn, referenceWords(BigInt(seed), 100));
  }
});

test("a seed that is negative, fractional or beyond 2^53 is refused", () => {
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) {
    assert.throws(() => randomFrom(seed), /expected a safe integer/);
    assert.throws(() => deriveSeed(seed), /expected a safe integer/);
  }
  assert.throws(() => deriveSeed(1, Number.NaN), /expected a finite number/);
});

test("bits, their pairs and bounded integers are uniform by chi-square", () => {
  const random = randomFrom(1);
  const tests = {
    top: counted(256, 200_000, () => random.uint32() >>> 24),
    low: counted(256, 200_000, () => random.uint32() & 255),
    pairs: counted(1024, 400_000, () => (random.uint32() >>> 27) * 32 + (random.uint32() >>> 27)),
    uniform: counted(1000, 200_000, () => Math.floor(random.uniform() * 1000)),
    below7: counted(7, 200_000, () => random.below(7)),
    // 3 · 2^30 rejects a quarter of all draws, so a biased method would fail here.
    below3: counted(3, 200_000, () => Math.floor(random.below(3 * 2 ** 30) / 2 ** 30)),
  };
  for (const [name, counts] of Object.entries(tests)) {
    const { excess } = chiSquare(counts);
    assert.ok(Math.abs(excess) < 5, `${name}: ${excess} deviations`);
  }
});

test("uniform draws are multiples of 2^-53 in [0, 1) and use the lowest bit", () => {
  const random = randomFrom(2);
  let odd = 0;
  for (let i = 0; i < 10_000; i++) {
    const scaled = random.uniform() * 2 ** 53;
    assert.ok(Number.isInteger(scaled) && scaled >= 0 && scaled < 2 ** 53);
    odd += scaled % 2;
  }
  assert.ok(Math.abs(odd - 5000) < 250, `${odd} odd of 10000`);
});

test("normal draws have the moments and the tails of N(0, 1)", () => {
  const random = randomFrom(3);
  const count = 400_000;
  const sums = [0, 0, 0, 0];
  let beyond2 = 0;
  for (let i = 0; i < count; i++) {
    const x = random.normal();
    for (let k = 0; k < 4; k++) sums[k]! += x ** (k + 1) / count;
    if (Math.abs(x) > 2) beyond2++;
  }
  // E x^k and the variance of x^k, which is E x^2k − (E x^k)².
  const expected = [[0, 1], [1, 2], [0, 15], [3, 96]] as const;
  for (const [k, [mean, variance]] of expected.entries()) {
    const deviations = (sums[k]! - mean) / Math.sqrt(variance / count);
    assert.ok(Math.abs(deviations) < 5, `moment ${k + 1}: ${deviations} deviations`);
  }
  const tail = 0.04550026389635842; // P(|x| > 2)
  const deviations = (beyond2 - count * tail) / Math.sqrt(count * tail * (1 - tail));
  assert.ok(Math.abs(deviations) < 5, `tail: ${deviations} deviations`);
});

test("successive normals are uncorrelated, also the two of a pair", () => {
  const random = randomFrom(4);
  const count = 200_000;
  const drawn = Float64Array.from({ length: count + 2 }, () => random.normal());
  for (const lag of [1, 2]) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += drawn[i]! * drawn[i + lag]!;
    assert.ok(Math.abs(sum / Math.sqrt(count)) < 5, `lag ${lag}`);
  }
});

test("streams of neighbouring and of derived seeds are uncorrelated", () => {
  const pairs = [[7, 8], [0, 2 ** 32], [deriveSeed(7, "a"), deriveSeed(7, "b")]] as const;
  for (const [first, second] of pairs) {
    const [a, b] = [randomFrom(first), randomFrom(second)];
    const counts = counted(256, 100_000, () => (a.uint32() >>> 28) * 16 + (b.uint32() >>> 28));
    assert.ok(Math.abs(chiSquare(counts).excess) < 5, `seeds ${first}, ${second}`);
  }
});

test("all orders of four are equally likely", () => {
  const random = randomFrom(5);
  const counts = new Map<string, number>();
  for (let i = 0; i < 48_000; i++) {
    const order = randomOrder(random, 4, 4).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  assert.ok(Math.abs(chiSquare(counts.values()).excess) < 5);
});

test("a sample has no row twice, and a smaller sample is its start", () => {
  const long = randomOrder(randomFrom(6), 1000, 900);
  assert.equal(new Set(long).size, 900);
  assert.ok(long.every((row) => row >= 0 && row < 1000));
  assert.deepEqual(randomOrder(randomFrom(6), 1000, 300), long.slice(0, 300));
  assert.throws(() => randomOrder(randomFrom(6), 3, 4), /4 of 3/);
});

test("the logarithm is within 2 units in the last place and exact at 1", () => {
  const random = randomFrom(8);
  assert.equal(naturalLog(1), 0);
  for (let i = 0; i < 20_000; i++) {
    const x = i % 2 === 0 ? random.uniform() + 2 ** -60 : 2 ** (random.uniform() * 2000 - 1000);
    const expected = Math.log(x);
    const unit = Math.abs(expected) * 2 ** -52;
    assert.ok(Math.abs(naturalLog(x) - expected) <= 3 * unit, `ln ${x}`);
  }
  for (const x of [0, -1, 5e-324, Infinity, Number.NaN]) {
    assert.throws(() => naturalLog(x), RangeError);
  }
});

test("a derived seed depends on every label, its type and its place", () => {
  const seeds = [
    deriveSeed(1), deriveSeed(2), deriveSeed(1, "a"), deriveSeed(1, "a", "b"),
    deriveSeed(1, "ab"), deriveSeed(1, "b", "a"), deriveSeed(1, 1), deriveSeed(1, "1"),
    deriveSeed(1, 1, 1), deriveSeed(1, 11), deriveSeed(1, 0.1), deriveSeed(1, "a,b"),
  ];
  assert.equal(new Set(seeds).size, seeds.length);
  assert.ok(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0));
  assert.equal(deriveSeed(1, "a", 2), deriveSeed(1, "a", 2));
});

test("derived seeds fill all 53 bits evenly", () => {
  const ones = new Float64Array(53);
  for (let i = 0; i < 4000; i++) {
    const seed = BigInt(deriveSeed(9, i));
    for (let bit = 0; bit < 53; bit++) ones[bit]! += Number((seed >> BigInt(bit)) & 1n);
  }
  for (const [bit, count] of ones.entries()) {
    assert.ok(Math.abs(count - 2000) < 5 * Math.sqrt(1000), `bit ${bit}: ${count} of 4000`);
  }
});
