// The official image sets, opened: which files hold their rows, and what each must agree on.
import type { z } from "zod";
import type { Cifar10Spec, Cifar100Spec, FileRecord, MnistSpec } from "../schema/data.ts";
import { UserError } from "../schema/failure.ts";
import {
  CIFAR100_LABELS,
  CIFAR10_LABELS,
  CIFAR_PIXELS,
  type CifarLabel,
  parseCifar,
} from "./cifar.ts";
import { type DataFiles, findFile, openFile, type OpenedFile } from "./files.ts";
import { parseIdxImages, parseIdxLabels } from "./idx.ts";
import type { StoredData, StoredRows } from "./rows.ts";

type ImageSpec = z.infer<typeof MnistSpec | typeof Cifar10Spec | typeof Cifar100Spec>;

const PIXEL_MAX = 255;

interface FileNames {
  readonly train: readonly string[];
  readonly test: readonly string[];
}

const FILE_NAMES: Readonly<Record<ImageSpec["source"], FileNames>> = {
  mnist: { train: mnistNames("train"), test: mnistNames("t10k") },
  cifar10: {
    train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
    test: ["test_batch.bin"],
  },
  cifar100: { train: ["train.bin"], test: ["test.bin"] },
};

/** The names of the files that a spec's rows may come from, without `.gz`. */
function imageFileNames(spec: ImageSpec): FileNames {
  const { train, test } = FILE_NAMES[spec.source];
  return { train: spec.split === "test" ? [] : train, test };
}

/** @throws UserError if a file is missing, damaged or does not fit the others. */
export async function openImages(spec: ImageSpec, files: DataFiles): Promise<StoredData> {
  return spec.source === "mnist" ? openMnist(spec, files) : openCifar(spec, files);
}

function mnistNames(set: "train" | "t10k"): string[] {
  return [`${set}-images-idx3-ubyte`, `${set}-labels-idx1-ubyte`];
}

function remedy(source: string, set: "train" | "test"): string {
  const get = `nearclone data fetch ${source}, or name their folder in data.directory`;
  return set === "test" ? get : `${get}; with split: test all rows come from the test file`;
}

async function openMnist(spec: ImageSpec, files: DataFiles): Promise<StoredData> {
  const test = await openMnistSet(files, "t10k", remedy("mnist", "test"));
  const train =
    spec.split === "test" ? null : await openMnistSet(files, "train", remedy("mnist", "train"));
  const { height, width } = test;
  if (train !== null && (train.height !== height || train.width !== width)) {
    throw new UserError(
      `${train.rows.name}: images of ${train.height}×${train.width}, ` +
        `${test.rows.name}: of ${height}×${width}: expected one size`,
    );
  }
  return {
    train: [(train ?? test).rows],
    test: train === null ? null : [test.rows],
    classes: 10,
    image: [height, width, 1],
    divisor: PIXEL_MAX,
    files: [...(train?.files ?? []), ...test.files].map((file) => file.record),
  };
}

interface MnistSet {
  readonly rows: StoredRows;
  readonly height: number;
  readonly width: number;
  readonly files: readonly OpenedFile[];
}

async function openMnistSet(
  files: DataFiles,
  set: "train" | "t10k",
  missing: string,
): Promise<MnistSet> {
  const [imagesName = "", labelsName = ""] = mnistNames(set);
  const imagesFile = await openFile(files, imagesName, missing);
  const labelsFile = await openFile(files, labelsName, missing);
  const { rows, height, width, pixels } = parseIdxImages(imagesFile);
  const labels = parseIdxLabels(labelsFile);
  if (labels.length !== rows) {
    throw new UserError(
      `${imagesFile.name} has ${rows} images, ${labelsFile.name} has ${labels.length} labels: ` +
        "expected as many",
    );
  }
  const wrong = labels.findIndex((label) => label > 9);
  if (wrong >= 0) {
    const label = labels[wrong];
    throw new UserError(`${labelsFile.name}: row ${wrong}: label ${label}: expected 0 to 9`);
  }
  const stored = { name: imagesFile.name, rows, dimension: height * width, values: pixels, labels };
  return { rows: stored, height, width, files: [imagesFile, labelsFile] };
}

async function openCifar(spec: ImageSpec, files: DataFiles): Promise<StoredData> {
  const isFine = spec.source === "cifar100" && spec.labels === "fine";
  const kinds = spec.source === "cifar100" ? CIFAR100_LABELS : CIFAR10_LABELS;
  const kind = isFine ? 1 : 0;
  const names = imageFileNames(spec);
  const [testName = ""] = names.test;
  const test = readCifar(await openFile(files, testName, remedy(spec.source, "test")), kinds, kind);
  // CIFAR-10's five batches are often used in part. One at a time, so that only one is held twice.
  const train: CifarSet[] = [];
  for (const name of names.train) {
    const file = await findFile(files, name);
    if (file !== null) train.push(readCifar(file, kinds, kind));
  }
  const [firstName] = names.train;
  if (train.length === 0 && firstName !== undefined) {
    await openFile(files, firstName, remedy(spec.source, "train"));
  }
  return {
    train: spec.split === "test" ? [test.rows] : train.map((one) => one.rows),
    test: spec.split === "test" ? null : [test.rows],
    classes: kinds[kind]?.classes ?? 0,
    image: [32, 32, 3],
    divisor: PIXEL_MAX,
    files: [...train, test].map((one) => one.record),
  };
}

interface CifarSet {
  readonly rows: StoredRows;
  readonly record: FileRecord;
}

function readCifar(file: OpenedFile, kinds: readonly CifarLabel[], kind: number): CifarSet {
  const { rows, labels: all, pixels: values } = parseCifar(file, kinds);
  const labels = all[kind] ?? new Uint8Array(rows);
  const stored = { name: file.name, rows, dimension: CIFAR_PIXELS, values, labels };
  return { rows: stored, record: file.record };
}
