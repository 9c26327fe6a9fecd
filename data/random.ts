// A seeded generator whose every output is the same bits on every machine.
//
// xoshiro128** (Blackman and Vigna, Scrambled Linear Pseudorandom Number Generators, 2021; period
// 2^128 − 1) in 32-bit integers, its state filled by splitmix64 from the seed. Beyond integers it
// uses + − × ÷ and Math.sqrt only: ECMAScript lets sqrt be approximate, but every engine uses the
// processor's correctly rounded one. (Math.random cannot be seeded.)
// Invariant: what is drawn depends on the seed and on the calls made, and on nothing else.
import { naturalLog } from "./natural-log.ts";

/** A stream of random numbers; each call moves it on. */
export interface Random {
  /** An integer, uniform on [0, 2^32). */
  uint32(): number;
  /** A multiple of 2^-53, uniform on [0, 1). */
  uniform(): number;
  /** An integer, uniform on [0, bound) without bias; 1 ≤ bound ≤ 2^32. */
  below(bound: number): number;
  /** A draw from N(0, 1), by Marsaglia's polar method. */
  normal(): number;
}

/** The stream of a seed, a safe integer ≥ 0. Seeds that differ give unrelated streams. */
export function randomFrom(seed: number): Random {
  const uint32 = xoshiro128(splitmixWords(seed));
  const uniform = () => (uint32() * 2 ** 21 + (uint32() >>> 11)) * 2 ** -53;
  return { uint32, uniform, below: belowOf(uint32), normal: normalOf(uniform) };
}

/**
 * The first `count` of the numbers 0 … size − 1 in random order: a sample without replacement.
 *
 * The prefixes nest: with the same stream a smaller count gives the start of the same order, and
 * `count` numbers are drawn from the stream.
 */
export function randomOrder(random: Random, size: number, count: number): Int32Array {
  if (!(count <= size)) throw new RangeError(`${count} of ${size} rows without replacement`);
  const order = Int32Array.from({ length: size }, (_, index) => index);
  for (let index = 0; index < count; index++) {
    const other = index + random.below(size - index);
    const chosen = order[other]!;
    order[other] = order[index]!;
    order[index] = chosen;
  }
  return order.slice(0, count);
}

/** Four words of state: two outputs of splitmix64 started at the seed (never all zero). */
function splitmixWords(seed: number): Uint32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed ${seed}: expected a safe integer ≥ 0`);
  }
  const words = new Uint32Array(4);
  let state = BigInt(seed);
  for (let word = 0; word < 4; word += 2) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    mixed ^= mixed >> 31n;
    words[word] = Number(mixed & 0xffffffffn);
    words[word + 1] = Number(mixed >> 32n);
  }
  return words;
}

function xoshiro128(words: Uint32Array): () => number {
  let [a = 0, b = 0, c = 0, d = 0] = words;
  return () => {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}

function belowOf(uint32: () => number): (bound: number) => number {
  return (bound) => {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32)) {
      throw new RangeError(`bound ${bound}: expected an integer from 1 to 2^32`);
    }
    // Numbers from the last, incomplete run of `bound` would favour small results: draw again.
    const fair = 2 ** 32 - (2 ** 32 % bound);
    let drawn = uint32();
    while (drawn >= fair) drawn = uint32();
    return drawn % bound;
  };
}

function normalOf(uniform: () => number): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    let x = 0;
    let y = 0;
    let square = 0;
    // A point of the unit disc, other than its centre: 79 % of the tries succeed.
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * naturalLog(square)) / square);
    spare = y * factor;
    return x * factor;
  };
}
