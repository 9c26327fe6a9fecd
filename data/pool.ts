// A loaded data set: rows in shared memory, or a generator's settings, and how a draw picks them.
//
// A SharedPool is plain data that a structured clone passes to a thread without copying its rows;
// `poolOf` makes it drawable again on the other side. Bytes stay bytes until they are drawn.
import type { ImageShape } from "../schema/data.ts";
import { UserError } from "../schema/failure.ts";
import { deriveSeed } from "../schema/seed.ts";
import type { DataPool, Draw, DrawSize, Labelled } from "./draw.ts";
import { drawGaussian, type GaussianSettings } from "./gaussian.ts";
import { drawGlyphs, GLYPH_IMAGE, type GlyphSettings } from "./glyphs.ts";
import { type Random, randomFrom, randomOrder } from "./random.ts";
import { type SharedRows, takeRows } from "./rows.ts";

/** Rows from files. */
export interface RowsPool {
  readonly kind: "rows";
  readonly fingerprint: string;
  readonly classes: number;
  readonly image: ImageShape | null;
  readonly train: SharedRows;
  /** null where test rows are drawn from the train rows, disjoint. */
  readonly test: SharedRows | null;
}
export interface GaussianPool extends GaussianSettings {
  readonly kind: "gaussian";
  readonly fingerprint: string;
}
export interface GlyphsPool extends GlyphSettings {
  readonly kind: "glyphs";
  readonly fingerprint: string;
}

/** A pool as plain data, for `postMessage` or `workerData`. */
export type SharedPool = RowsPool | GaussianPool | GlyphsPool;

export interface LoadedPool extends DataPool {
  /** As the data description's: equal fingerprints give equal draws. */
  readonly fingerprint: string;
  /** The same pool as plain data; its rows are shared, not copied. */
  share(): SharedPool;
}

/** The pool that `share` took apart. */
export function poolOf(shared: SharedPool): LoadedPool {
  return {
    fingerprint: shared.fingerprint,
    share: () => shared,
    draw(size, seed) {
      for (const [set, rows] of Object.entries(size)) {
        if (!Number.isSafeInteger(rows) || rows < 0) {
          throw new RangeError(`${rows} ${set} rows: expected an integer ≥ 0`);
        }
      }
      return drawFrom(shared, size, seed);
    },
  };
}

/** The same pool, its rows without features: a draw picks the same rows and costs a shuffle. */
export function withoutFeatures(pool: LoadedPool): LoadedPool {
  const shared = pool.share();
  if (shared.kind !== "rows") return pool; // generators make few rows, and cheap ones
  const bare = (rows: SharedRows): SharedRows => ({ ...rows, dimension: 0, values: rows.values.slice(0, 0) });
  const { train, test } = shared;
  return poolOf({ ...shared, train: bare(train), test: test === null ? null : bare(test) });
}

function drawFrom(pool: SharedPool, size: DrawSize, seed: number): Draw {
  const stream = (set: string): Random => randomFrom(deriveSeed(seed, "data", set));
  if (pool.kind === "rows") {
    const { train, test, classes, image } = pool;
    const sets =
      test === null ? drawShared(train, size, stream) : drawApart({ train, test }, size, stream);
    return { ...sets, classes, image };
  }
  const rows = (set: keyof DrawSize): Labelled =>
    pool.kind === "gaussian"
      ? drawGaussian(size[set], pool, stream(set))
      : drawGlyphs(size[set], pool, stream(set));
  const sets = { train: rows("train"), test: rows("test"), bases: rows("bases") };
  return pool.kind === "gaussian"
    ? { ...sets, classes: 2, image: null }
    : { ...sets, classes: pool.digits.length, image: GLYPH_IMAGE };
}

type Sets = Pick<Draw, "train" | "test" | "bases">;
type Stream = (set: string) => Random;

interface Apart {
  readonly train: SharedRows;
  readonly test: SharedRows;
}

/** Train rows and then bases from the train files, test rows from their own. */
function drawApart(from: Apart, size: DrawSize, stream: Stream): Sets {
  const { train, test } = from;
  requireRows(train, { "training rows": size.train, "poison bases": size.bases });
  requireRows(test, { "test rows": size.test });
  const order = randomOrder(stream("train"), train.rows, size.train + size.bases);
  return {
    train: takeRows(train, order.subarray(0, size.train)),
    test: takeRows(test, randomOrder(stream("test"), test.rows, size.test)),
    bases: takeRows(train, order.subarray(size.train)),
  };
}

/** Test rows, train rows and bases, in this order, from one shuffle of the same rows. */
function drawShared(rows: SharedRows, size: DrawSize, stream: Stream): Sets {
  requireRows(rows, {
    "test rows": size.test,
    "training rows": size.train,
    "poison bases": size.bases,
  });
  const clean = size.test + size.train;
  const order = randomOrder(stream("shared"), rows.rows, clean + size.bases);
  return {
    test: takeRows(rows, order.subarray(0, size.test)),
    train: takeRows(rows, order.subarray(size.test, clean)),
    bases: takeRows(rows, order.subarray(clean)),
  };
}

/** @throws UserError at the first set that no longer fits, naming what came before it. */
function requireRows(from: SharedRows, asked: Readonly<Record<string, number>>): void {
  let left = from.rows;
  const before: string[] = [];
  for (const [set, rows] of Object.entries(asked)) {
    if (rows > left) {
      const after = before.length === 0 ? "" : ` after ${before.join(" and ")}`;
      throw new UserError(`data: ${rows} ${set} asked, ${from.name} has ${left} left${after}`);
    }
    left -= rows;
    before.push(`${rows} ${set}`);
  }
}
