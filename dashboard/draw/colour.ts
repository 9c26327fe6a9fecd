// Colour scales: perceptually uniform, readable with any colour vision and in grey.
//
// viridis: the sixth-degree fit published by M. Zucker; cividis (Nuñez, Anderton, Renslow 2018): the
// fit published with d3. The diverging scale is built here: two hues whose lightness falls evenly
// from a light middle, in Oklab (B. Ottosson), blue against orange, which every vision tells apart.

export type ScaleName = "viridis" | "cividis" | "diverging";
export const SCALE_NAMES: readonly ScaleName[] = ["viridis", "cividis", "diverging"];
const STEPS = 256;

type Rgb = readonly [number, number, number];

const VIRIDIS: readonly Rgb[] = [
  [0.2777273272, 0.0054073445, 0.3340998053],
  [0.1050930431, 1.4046135299, 1.3845901626],
  [-0.3308618287, 0.2148475595, 0.095095163],
  [-4.634230499, -5.7991009734, -19.3324409563],
  [6.2282699363, 14.1799333668, 56.6905526007],
  [4.7763849977, -13.745145377, -65.3530326334],
  [-5.4354558559, 4.6458526122, 26.3124352496],
];

const CIVIDIS: readonly Rgb[] = [
  [-4.54, 32.49, 81.24],
  [-35.34, 170.73, 442.36],
  [2381.73, 52.82, -2482.43],
  [-6402.7, -131.46, 6167.24],
  [7024.72, 176.58, -6614.94],
  [-2710.57, -67.37, 2475.67],
];

function polynomial(terms: readonly Rgb[], t: number, scale: number): Rgb {
  const sum: [number, number, number] = [0, 0, 0];
  for (let term = terms.length - 1; term >= 0; term--) {
    for (const channel of [0, 1, 2] as const) {
      sum[channel] = sum[channel] * t + (terms[term]?.[channel] ?? 0);
    }
  }
  return [sum[0] * scale, sum[1] * scale, sum[2] * scale];
}

function oklab(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear: Rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const gamma = (value: number): number => {
    const held = Math.min(1, Math.max(0, value));
    return 255 * (held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055);
  };
  return [gamma(linear[0]), gamma(linear[1]), gamma(linear[2])];
}

function diverging(t: number): Rgb {
  const away = Math.abs(t - 0.5) * 2;
  return oklab(0.95 - 0.5 * away, 0.13 * away ** 0.8, t < 0.5 ? 255 : 55);
}

function rgbAt(name: ScaleName, t: number): Rgb {
  if (name === "viridis") return polynomial(VIRIDIS, t, 255);
  if (name === "cividis") return polynomial(CIVIDIS, t, 1);
  return diverging(t);
}

const tables = new Map<ScaleName, Uint8ClampedArray>();

/** 256 steps of red, green and blue. */
export function tableOf(name: ScaleName): Uint8ClampedArray {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const table = new Uint8ClampedArray(STEPS * 3);
  for (let step = 0; step < STEPS; step++) table.set(rgbAt(name, step / (STEPS - 1)), step * 3);
  tables.set(name, table);
  return table;
}

/** A colour as CSS, for `t` in [0, 1]. */
export function cssColour(name: ScaleName, t: number): string {
  const table = tableOf(name);
  const step = Math.round(Math.min(1, Math.max(0, t)) * (STEPS - 1)) * 3;
  return `rgb(${table[step]} ${table[step + 1]} ${table[step + 2]})`;
}
