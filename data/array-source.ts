// The `arrays` source: features and labels of the user's own, opened and matched.
import type { z } from "zod";
import type { ArraysSpec, ImageShape } from "../schema/data.ts";
import { UserError } from "../schema/failure.ts";
import { type FeatureRows, parseFeatures, parseLabels, referenceOf } from "./array-file.ts";
import { type DataFiles, openFile, type OpenedFile } from "./files.ts";
import type { StoredData, StoredRows } from "./rows.ts";

type Spec = z.infer<typeof ArraysSpec>;
type Open = (path: string) => Promise<OpenedFile>;

/** @throws UserError if a file is missing, damaged or does not fit the others. */
export async function openArrays(spec: Spec, files: DataFiles): Promise<StoredData> {
  const opened = new Map<string, OpenedFile>();
  const open: Open = async (path) => {
    const file = opened.get(path) ?? (await openFile(files, path));
    opened.set(path, file);
    return file;
  };
  const train = await openPair(open, spec.train_features, spec.train_labels);
  const { test_features: features, test_labels: labels } = spec;
  const hasTest = features !== undefined && labels !== undefined;
  const test = hasTest ? await openPair(open, features, labels) : null;
  if (test !== null && test.rowShape.join() !== train.rowShape.join()) {
    throw new UserError(
      `${test.rows.name}: rows of shape (${test.rowShape.join(", ")}), ` +
        `${train.rows.name}: of (${train.rowShape.join(", ")}): expected one shape`,
    );
  }
  return {
    train: [train.rows],
    test: test === null ? null : [test.rows],
    classes: 1 + Math.max(largest(train.rows.labels), largest(test?.rows.labels ?? [])),
    image: imageOf(spec, train),
    divisor: 1,
    files: [...opened.values()].map((file) => file.record),
  };
}

interface Pair {
  readonly rows: StoredRows;
  readonly rowShape: readonly number[];
}

async function openPair(open: Open, features: string, labels: string): Promise<Pair> {
  const [featuresFrom, labelsFrom] = [referenceOf(features), referenceOf(labels)];
  const featuresFile = await open(featuresFrom.path);
  const labelsFile = await open(labelsFrom.path);
  const parsed: FeatureRows = parseFeatures(featuresFile, featuresFrom, labelsFrom);
  const classes = parseLabels(labelsFile, labelsFrom);
  if (classes.length !== parsed.rows) {
    throw new UserError(
      `${features} has ${parsed.rows} rows, ${labels} has ${classes.length} labels: ` +
        "expected as many",
    );
  }
  const { rows, rowShape, values } = parsed;
  const dimension = values.length / rows;
  return { rows: { name: features, rows, dimension, values, labels: classes }, rowShape };
}

function largest(labels: ArrayLike<number>): number {
  let most = -1;
  for (let row = 0; row < labels.length; row++) most = Math.max(most, labels[row]!);
  return most;
}

/** As the file's shape says, or as the study file does; they may not disagree. */
function imageOf(spec: Spec, { rows, rowShape }: Pair): ImageShape | null {
  const [height = 0, width = 0, channels = 1] = rowShape;
  const ofFile: ImageShape | null = rowShape.length === 1 ? null : [height, width, channels];
  if (spec.image === undefined) return ofFile;
  const said = spec.image.join(", ");
  if (ofFile !== null && ofFile.join(", ") !== said) {
    throw new UserError(`data.image: [${said}]: ${rows.name} holds [${ofFile.join(", ")}]`);
  }
  const pixels = spec.image[0] * spec.image[1] * spec.image[2];
  if (pixels !== rows.dimension) {
    throw new UserError(
      `data.image: [${said}] has ${pixels} values, a row of ${rows.name} has ${rows.dimension}`,
    );
  }
  return spec.image;
}
