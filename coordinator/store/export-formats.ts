// The three formats of an export, each as a sink that takes batches of rows.
import { open } from "node:fs/promises";
import {
  type Column,
  columnFromArray,
  tableFromColumns,
  tableToIPC,
  utf8,
} from "@uwdata/flechette";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { STATUSES } from "../../schema/column.ts";
import type { Batch } from "./port.ts";

export interface ExportColumn {
  readonly name: string;
  readonly type: "integer" | "double" | "label";
}

/** Takes batches in order. `close` is called last, also after a failure. */
export interface Sink {
  write(batch: Batch): Promise<void>;
  /** Writes what ends the file. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** A batch's numbers by column name; its status is a column of its own kind. */
function numbersIn(batch: Batch, name: string): Int32Array | Float64Array {
  const values = batch.columns[name];
  if (values === undefined) throw new RangeError(`batch has no column ${name}`);
  return values;
}

const statusTexts = ({ status, rows }: Batch): string[] =>
  Array.from({ length: rows }, (_, row) => STATUSES[status?.[row] ?? -1] ?? "");

/** The shortest text that reads back as the same number; `String` forgets the sign of zero. */
export const numberText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

export async function csvSink(path: string, columns: readonly ExportColumn[]): Promise<Sink> {
  const file = await open(path, "w");
  await file.write(`${columns.map(({ name }) => name).join(",")}\n`);
  return {
    write: async (batch) => {
      const texts = columns.map(({ name, type }) =>
        type === "label" ? statusTexts(batch) : Array.from(numbersIn(batch, name), numberText),
      );
      let text = "";
      for (let row = 0; row < batch.rows; row++) {
        text += `${texts.map((column) => column[row]).join(",")}\n`;
      }
      await file.write(text);
    },
    finish: async () => {},
    close: () => file.close(),
  };
}

const PARQUET_TYPES = { integer: "INT32", double: "DOUBLE" } as const;

/** One row group per batch, compressed by snappy. */
export async function parquetSink(path: string, columns: readonly ExportColumn[]): Promise<Sink> {
  const fields = columns.map(({ name, type }) =>
    type === "label"
      ? ({ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" } as const)
      : ({ name, type: PARQUET_TYPES[type], repetition_type: "REQUIRED" } as const),
  );
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: [{ name: "root", num_children: columns.length }, ...fields],
    // A minimum or maximum beside a NaN means nothing, and readers skip row groups by them.
    statistics: false,
    createdBy: "nearclone",
  });
  return {
    write: async (batch) => {
      const columnData = columns.map(({ name, type }) =>
        type === "label"
          ? { name, data: statusTexts(batch) }
          : // Plain, because the writer's dictionary takes −0 and 0 for one value.
            {
              name,
              data: numbersIn(batch, name),
              ...(type === "double" ? { encoding: "PLAIN" as const } : {}),
            },
      );
      await writer.write({ columnData, rowGroupSize: batch.rows });
    },
    finish: async () => writer.finish(),
    close: async () => {},
  };
}

/** Bytes of a message's frame: a continuation mark and the length of its metadata. */
const FRAME_BYTES = 8;
const END_OF_STREAM_BYTES = 8;

/**
 * The IPC stream format: a schema, then one record batch per batch. The library makes whole
 * streams only, so the schema of the first and the batch of each are taken out of theirs.
 */
export async function arrowSink(path: string, columns: readonly ExportColumn[]): Promise<Sink> {
  const frame = streamOf(oneRow(columns), columns);
  const file = await open(path, "w");
  await file.write(frame.subarray(0, schemaBytes(frame)));
  return {
    write: async (batch) => {
      const stream = streamOf(batch, columns);
      await file.write(stream.subarray(schemaBytes(stream), stream.length - END_OF_STREAM_BYTES));
    },
    finish: async () => {
      await file.write(frame.subarray(frame.length - END_OF_STREAM_BYTES));
    },
    close: () => file.close(),
  };
}

const schemaBytes = (stream: Uint8Array): number =>
  FRAME_BYTES + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);

/** Any batch that is not empty has the schema. */
function oneRow(columns: readonly ExportColumn[]): Batch {
  const values = columns
    .filter(({ type }) => type !== "label")
    .map(
      ({ name, type }) =>
        [name, type === "integer" ? Int32Array.of(0) : Float64Array.of(0)] as const,
    );
  return { rows: 1, columns: Object.fromEntries(values), status: Uint8Array.of(0) };
}

function streamOf(batch: Batch, columns: readonly ExportColumn[]): Uint8Array {
  const arrays = columns.map(({ name, type }): [string, Column<unknown>] => {
    if (type === "label") return [name, columnFromArray(statusTexts(batch), utf8())];
    return [name, columnFromArray(numbersIn(batch, name))];
  });
  const stream = tableToIPC(tableFromColumns(arrays), { format: "stream" });
  if (stream === null) throw new RangeError("an arrow stream came out empty");
  return stream;
}
