// Writes a study's rows to a file that other programs read: CSV, Parquet or Arrow.
//
// Rows come in batches in order of `point` and go out as they come, so memory does not grow with
// the study. A file appears under its name only when it is whole.
import { rename, rm, stat } from "node:fs/promises";
import { UserError } from "../../schema/failure.ts";
import type { StudyKey } from "../../schema/job.ts";
import { arrowSink, csvSink, type ExportColumn, parquetSink, type Sink } from "./export-formats.ts";
import type { Store } from "./port.ts";
import { exportColumns } from "./read.ts";

export const EXPORT_FORMATS = ["csv", "parquet", "arrow"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions {
  /** Hears how many rows are written so far. */
  readonly onProgress?: (rows: number) => void;
  /** Ends the export; nothing is left behind. */
  readonly signal?: AbortSignal;
}

export interface Exported {
  readonly rows: number;
  readonly bytes: number;
}

const OPENERS: Readonly<Record<ExportFormat, typeof csvSink>> = {
  csv: csvSink,
  parquet: parquetSink,
  arrow: arrowSink,
};

/** A row group of Parquet or record batch of Arrow: many, so that their frames weigh little. */
const BATCH_ROWS = 50_000;

/**
 * Writes all rows of `study` to `file`, which is replaced if it exists. Columns: point, status,
 * axes, metrics. Numbers are exact: CSV has the shortest text that reads back as the same number,
 * and NaN, Infinity, -Infinity and -0 spelled so; Arrow is the IPC stream format.
 *
 * @throws UserError if there is no such study, or the file cannot be written.
 */
export async function exportStudy(
  store: Store,
  study: StudyKey,
  format: ExportFormat,
  file: string,
  { onProgress = () => {}, signal }: ExportOptions = {},
): Promise<Exported> {
  const stored = await store.study(study);
  if (stored === null) throw new UserError(`no study ${study} in ${store.label}`);
  const columns = exportColumns(stored.order.spec);
  const part = `${file}.part`;
  try {
    const sink = await OPENERS[format](part, columns);
    const rows = await pour(store, study, columns, sink, onProgress, signal);
    await rename(part, file);
    return { rows, bytes: (await stat(file)).size };
  } catch (error) {
    await rm(part, { force: true });
    throw fileError(error, file);
  }
}

async function pour(
  store: Store,
  study: StudyKey,
  columns: readonly ExportColumn[],
  sink: Sink,
  onProgress: (rows: number) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  let rows = 0;
  try {
    const names = columns.map(({ name }) => name);
    for await (const batch of store.scan(study, { columns: names, batchRows: BATCH_ROWS })) {
      signal?.throwIfAborted();
      await sink.write(batch);
      rows += batch.rows;
      onProgress(rows);
    }
    await sink.finish();
    return rows;
  } finally {
    await sink.close();
  }
}

const FILE_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: "no such folder",
  EACCES: "may not be written",
  EPERM: "may not be written",
  EISDIR: "is a folder",
  ENOSPC: "the disk is full",
  EROFS: "is on a read-only disk",
  ENOTDIR: "a part of the path is no folder",
};

function fileError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const trouble = FILE_TROUBLE[String(error.code)];
  return trouble === undefined ? error : new UserError(`${file}: ${trouble}`);
}
