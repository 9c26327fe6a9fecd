// `nearclone data list`: what data there is, where it lies, and how to get what is missing.
import { join } from "node:path";
import { sizeOf } from "./download.ts";
import { OFFICIAL, OFFICIAL_NAMES, type OfficialName } from "./official.ts";

export interface Listing {
  /** The `source` of a study file. */
  readonly name: string;
  readonly title: string;
  /** Official counts; null for generators and for one's own files. */
  readonly trainRows: number | null;
  readonly testRows: number | null;
  /** Where it is looked for; null where it needs no folder. */
  readonly folder: string | null;
  readonly state: "present" | "partial" | "absent" | "built in" | "your own";
  /** Files that are not there. */
  readonly missing: readonly string[];
  /** What to do to use it. */
  readonly how: string;
}

const own = { trainRows: null, testRows: null, folder: null, missing: [] };

/** @param cache folder with one folder for each official data set. */
export async function listData(cache: string): Promise<Listing[]> {
  const official = await Promise.all(OFFICIAL_NAMES.map((name) => listOfficial(name, cache)));
  return [
    {
      ...own,
      name: "glyphs",
      title: "generated 28×28 stroke digits, 10 classes",
      state: "built in",
      how: "source: glyphs",
    },
    {
      ...own,
      name: "gaussian",
      title: "generated two-class Gaussian mixture",
      state: "built in",
      how: "source: gaussian, with dimension and mean_norm",
    },
    ...official,
    {
      ...own,
      name: "arrays",
      title: "your own .npy, .npz or .csv files",
      state: "your own",
      how: "source: arrays, with train_features and train_labels",
    },
  ];
}

async function listOfficial(name: OfficialName, cache: string): Promise<Listing> {
  const { title, trainRows, testRows, downloads, members } = OFFICIAL[name];
  const folder = join(cache, name);
  const inArchive = Object.keys(members);
  const files = inArchive.length > 0 ? inArchive : downloads.map((one) => one.name);
  const missing: string[] = [];
  for (const file of files) {
    // Loaders take either form of each file.
    const forms = [file, file.endsWith(".gz") ? file.slice(0, -3) : `${file}.gz`];
    const sizes = await Promise.all(forms.map((form) => sizeOf(join(folder, form))));
    if (sizes.every((bytes) => bytes === 0)) missing.push(file);
  }
  const state =
    missing.length === 0 ? "present" : missing.length === files.length ? "absent" : "partial";
  const megabytes = Math.ceil(downloads.reduce((sum, one) => sum + one.bytes, 0) / 1e6);
  const fetch = `nearclone data fetch ${name} (${megabytes} MB)`;
  const how = missing.length === 0 ? `source: ${name}` : fetch;
  return { name, title, trainRows, testRows, folder, state, missing, how };
}
