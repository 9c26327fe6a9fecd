// A study's data: described for the coordinator before anything is planned, loaded for workers.
//
// Both go the same way (every file read, every row checked), so what was described is what is
// loaded; a worker that holds other files finds out by the fingerprint.
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { DataDescription, DataSpec } from "../schema/data.ts";
import { UserError } from "../schema/failure.ts";
import { openArrays } from "./array-source.ts";
import { type DataFiles, folderFiles, sha256 } from "./files.ts";
import { GAUSSIAN_VERSION } from "./gaussian.ts";
import { GLYPH_CLASSES, GLYPH_IMAGE, GLYPHS_VERSION } from "./glyphs.ts";
import { openImages } from "./image-source.ts";
import {
  type GaussianPool,
  type GlyphsPool,
  type LoadedPool,
  poolOf,
  type RowsPool,
} from "./pool.ts";
import { shareRows, type SharedRows, type StoredData } from "./rows.ts";

type GeneratorSpec = Extract<DataSpec, { source: "gaussian" | "glyphs" }>;
type FilesSpec = Exclude<DataSpec, GeneratorSpec>;

export interface OpenedData {
  readonly description: DataDescription;
  readonly pool: LoadedPool;
}

/** Where relative paths start: the study file's folder, and the cache of official data sets. */
export interface DataPlaces {
  readonly study: string;
  readonly cache: string;
}

/** The folder that a spec's file names are relative to. */
export function dataFolder(spec: DataSpec, places: DataPlaces): string {
  if (spec.source === "arrays" || isGenerator(spec)) return places.study;
  return spec.directory === undefined
    ? join(places.cache, spec.source)
    : resolve(places.study, spec.directory);
}

/**
 * Reads and checks everything a spec names.
 *
 * @param files a folder, or files from elsewhere.
 * @throws UserError on whatever the user can put right: missing, damaged or ill-fitting files,
 *   classes that do not exist, more rows than there are.
 */
export async function openData(spec: DataSpec, files: DataFiles | string): Promise<OpenedData> {
  const from = typeof files === "string" ? folderFiles(files) : files;
  if (isGenerator(spec)) {
    const pool = generator(spec);
    return { description: describeGenerator(pool), pool: poolOf(pool) };
  }
  const stored =
    spec.source === "arrays" ? await openArrays(spec, from) : await openImages(spec, from);
  const pool = selected(spec, stored);
  requireRows(spec, pool);
  return { description: describeRows(pool, stored), pool: poolOf(pool) };
}

/**
 * The data set, ready to draw from; see `openData`.
 *
 * @param fingerprint what the study was planned on; other data is refused.
 */
export async function loadData(
  spec: DataSpec,
  files: DataFiles | string,
  fingerprint?: string,
): Promise<LoadedPool> {
  const { pool } = await openData(spec, files);
  if (fingerprint !== undefined && pool.fingerprint !== fingerprint) {
    const place = typeof files === "string" ? files : files.place;
    throw new UserError(
      `data: ${place} holds rows of fingerprint ${pool.fingerprint.slice(0, 12)}, ` +
        `the study was planned on ${fingerprint.slice(0, 12)}: expected the same files`,
    );
  }
  return pool;
}

/** Rows that are left to make poisons from, at most; Infinity for generators. */
export function basesLeft(spec: DataSpec, description: DataDescription): number {
  if (description.trainRows === null) return Infinity;
  return description.trainRows - spec.train - (description.shared ? spec.test : 0);
}

function isGenerator(spec: DataSpec): spec is GeneratorSpec {
  return spec.source === "gaussian" || spec.source === "glyphs";
}

function generator(spec: GeneratorSpec): GaussianPool | GlyphsPool {
  const mark = (version: number, settings: object) =>
    sha256(JSON.stringify(["nearclone data 1", spec.source, version, settings]));
  if (spec.source === "gaussian") {
    const settings = { dimension: spec.dimension, meanNorm: spec.mean_norm };
    return { kind: "gaussian", fingerprint: mark(GAUSSIAN_VERSION, settings), ...settings };
  }
  const digits = spec.classes ?? Array.from({ length: GLYPH_CLASSES }, (_, digit) => digit);
  requireKnown(digits, GLYPH_CLASSES);
  const settings = { digits, noise: spec.noise };
  return { kind: "glyphs", fingerprint: mark(GLYPHS_VERSION, settings), ...settings };
}

function describeGenerator(pool: GaussianPool | GlyphsPool): DataDescription {
  const isGlyphs = pool.kind === "glyphs";
  return {
    fingerprint: pool.fingerprint,
    dimension: isGlyphs ? GLYPH_IMAGE[0] * GLYPH_IMAGE[1] * GLYPH_IMAGE[2] : pool.dimension,
    classes: isGlyphs ? pool.digits.length : 2,
    image: isGlyphs ? GLYPH_IMAGE : null,
    trainRows: null,
    testRows: null,
    shared: false,
    files: [],
  };
}

function requireKnown(classes: readonly number[], known: number): void {
  const wrong = classes.findIndex((label) => label >= known);
  if (wrong < 0) return;
  throw new UserError(
    `data.classes[${wrong}]: ${classes[wrong]}: expected a class from 0 to ${known - 1}`,
  );
}

/** The rows of the classes asked for, in shared memory, with their fingerprint. */
function selected(spec: FilesSpec, stored: StoredData): RowsPool {
  const classes = spec.classes ?? null;
  if (classes !== null) requireKnown(classes, stored.classes);
  const selection = { divisor: stored.divisor, classes };
  const train = shareRows(stored.train, selection);
  const test = stored.test === null ? null : shareRows(stored.test, selection);
  const count = classes?.length ?? stored.classes;
  // An official set has all its classes by definition, also where a file holds few of its rows.
  if (classes !== null || spec.source === "arrays") requireEach(train, count, classes);
  const image = stored.image;
  const rows = { classes: count, image, train, test };
  return { kind: "rows", fingerprint: fingerprintOf(rows), ...rows };
}

/** @throws UserError if a class has no training row: its outputs would mean nothing. */
function requireEach(train: SharedRows, count: number, classes: readonly number[] | null): void {
  const seen = new Set(train.labels);
  for (let place = 0; place < count; place++) {
    if (seen.has(place)) continue;
    if (classes !== null) {
      throw new UserError(`data.classes[${place}]: ${classes[place]}: no row of ${train.name}`);
    }
    throw new UserError(
      `${train.name}: labels up to ${count - 1}, but no row of class ${place}: ` +
        "expected every class, or those to use in data.classes",
    );
  }
}

function requireRows(spec: FilesSpec, { train, test }: RowsPool): void {
  if (test === null) {
    if (spec.train + spec.test <= train.rows) return;
    throw new UserError(
      `data.train + data.test: ${spec.train} + ${spec.test} rows asked, ` +
        `${train.name} holds ${train.rows} for both`,
    );
  }
  for (const [field, asked, rows] of [
    ["train", spec.train, train],
    ["test", spec.test, test],
  ] as const) {
    if (asked <= rows.rows) continue;
    throw new UserError(`data.${field}: ${asked} rows asked, ${rows.name} holds ${rows.rows}`);
  }
}

function describeRows(pool: RowsPool, stored: StoredData): DataDescription {
  const { train, test, fingerprint, classes, image } = pool;
  return {
    fingerprint,
    dimension: train.dimension,
    classes,
    image,
    trainRows: train.rows,
    testRows: (test ?? train).rows,
    shared: test === null,
    files: [...stored.files],
  };
}

/** Over all that a draw depends on; typed arrays hash as little-endian memory holds them. */
function fingerprintOf(pool: Omit<RowsPool, "kind" | "fingerprint">): string {
  const hash = createHash("sha256");
  const sets = [pool.train, ...(pool.test === null ? [] : [pool.test])];
  const shapes = sets.map(({ rows, dimension, values, divisor }) => ({
    rows,
    dimension,
    type: values.constructor.name,
    divisor,
  }));
  const { classes, image } = pool;
  hash.update(JSON.stringify(["nearclone data 1", { classes, image, shapes }]));
  for (const { values, labels } of sets) hash.update(values).update(labels);
  return hash.digest("hex");
}
