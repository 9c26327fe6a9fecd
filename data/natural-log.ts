// The natural logarithm by + − × ÷ alone.
//
// Math.log may differ in its last bits between engines and processors, and a draw must not. The
// four operations are rounded exactly as IEEE 754 says everywhere, so this is the same everywhere.

const bits = new DataView(new ArrayBuffer(8));

// ln 2 in two parts: the first has 21 trailing zero bits, so exponent × LN2_HIGH is exact.
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

// 1/23, 1/21, … 1/3: what artanh's terms are multiplied by, the smallest first.
const SERIES = Float64Array.from({ length: 11 }, (_, term) => 1 / (23 - 2 * term));

/**
 * ln x for a normal, finite x > 0; within 2 units in the last place of the true value.
 *
 * x = 2^e · m with m in [√½, √2); ln m = 2 artanh f, f = (m − 1)/(m + 1), |f| < 0.172, whose odd
 * series is cut where its next term is below 2^-60 of the sum.
 *
 * @throws RangeError for any other x.
 */
export function naturalLog(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) {
    throw new RangeError(`logarithm of ${x}: expected a normal positive number`);
  }
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = (mantissa - 1) / (mantissa + 1);
  const square = f * f;
  let series = 0;
  for (let term = 0; term < SERIES.length; term++) series = (series + SERIES[term]!) * square;
  return exponent * LN2_HIGH + (2 * f + (2 * f * series + exponent * LN2_LOW));
}
