// What crosses the broker, as bytes: stamped with a version, checked on arrival, bit for bit.
//
// A report is one message: header length (uint32), a JSON header, zero bytes up to a multiple of
// 8, one float64 column per metric in the header's order, then one status byte per point; then,
// where the report has series, zero bytes up to a multiple of 8 and their float64 columns, each
// series' point column first; all little-endian. Everything else is JSON. docs/decisions/0004 says why this and not Arrow.
//
// Invariants: what is encoded can be decoded; decoding never throws and never reads outside the
// message, whatever arrives; a decoded value owns its memory.
import { z } from "zod";
import { STATUSES, type ResultBlock, type SeriesBlock } from "../schema/column.ts";
import { Attempt, Job, type Report } from "../schema/job.ts";
import { JOB_POINTS_MAX, REPORT_POINTS_MAX } from "../schema/limits.ts";

/** Changes whenever an older reader could misread a message; both ends must have the same. */
export const WIRE_VERSION = 3;
/** Metrics that one result table can have, as far as messages go. */
export const METRICS_MAX = 96;
/** Bytes of a report's JSON header, failure message and metric names included. */
export const REPORT_HEADER_BYTES_MAX = 65_536;
/** Bytes of any report: METRICS_MAX metrics at REPORT_POINTS_MAX points fit. */
export const REPORT_BYTES_MAX = 8 * 1024 * 1024;
/** Characters of a failure's message that travel; a stack of more says nothing more. */
const FAILURE_CHARACTERS_MAX = 8_000;
/** What the broker's protocol, subject and stamp may take of the payload limit. */
const ENVELOPE_BYTES = 1_024;

if (REPORT_HEADER_BYTES_MAX + REPORT_POINTS_MAX * pointBytes(METRICS_MAX) > REPORT_BYTES_MAX) {
  throw new RangeError("REPORT_BYTES_MAX is below a report of METRICS_MAX metrics");
}
if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
  throw new RangeError("the wire format needs a little-endian processor");
}

export type Decoded<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string };

const refused = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });

/** Who sent a message, in which wire format, for which cluster (the database's identity). */
export interface Stamp {
  readonly wire: number;
  /** nearclone's version. */
  readonly version: string;
  readonly cluster: string;
  readonly sender: string;
}

const STAMP = /^(\d{1,6}) (\S+) (\S+) (\S+)$/;

/** One line of four words; blanks and control characters in them become `_`. */
export function stampText({ wire, version, cluster, sender }: Stamp): string {
  return [String(wire), version, cluster, sender]
    .map((word) => word.replaceAll(/[^\u0021-\u007e]/g, "_") || "_")
    .join(" ");
}

export function readStamp(text: string): Stamp | null {
  const [, wire, version, cluster, sender] = STAMP.exec(text) ?? [];
  if (wire === undefined || version === undefined || cluster === undefined) return null;
  return { wire: Number(wire), version, cluster, sender: sender ?? "_" };
}

/** Why a message stamped `theirs` is not for the holder of `ours`; null where it is. */
export function stampMismatch(theirs: Stamp, ours: Stamp): string | null {
  if (theirs.wire !== ours.wire) {
    return (
      `wire format ${theirs.wire} of ${theirs.sender} (nearclone ${theirs.version}), here ` +
      `${ours.wire} (nearclone ${ours.version}): run one version of nearclone everywhere`
    );
  }
  if (theirs.cluster !== ours.cluster) {
    return (
      `${theirs.sender} belongs to cluster ${theirs.cluster}, here is ${ours.cluster}: ` +
      "give each cluster its own prefix or its own server"
    );
  }
  return null;
}

const MetricName = z.string().regex(/^[a-z][A-Za-z0-9_]{0,62}$/, "not a metric's name");

/** Series tables of one experiment, as far as messages go. */
const SERIES_MAX = 8;
const SeriesHeader = z.strictObject({
  table: MetricName,
  rows: z.int().min(0).max(REPORT_BYTES_MAX / 8),
  columns: z.array(MetricName).max(METRICS_MAX),
});
type SeriesHeader = z.infer<typeof SeriesHeader>;

const ReportHeader = z.strictObject({
  job: Job,
  offset: z.int().min(0).max(JOB_POINTS_MAX),
  /** Rows that follow; null where the report carries none. */
  points: z.int().min(1).max(REPORT_POINTS_MAX).nullable(),
  metrics: z.array(MetricName).max(METRICS_MAX),
  series: z.array(SeriesHeader).max(SERIES_MAX),
  attempt: Attempt.nullable(),
});
type ReportHeader = z.infer<typeof ReportHeader>;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const toUtf8 = new TextEncoder();
const columnsStart = (headerBytes: number): number => Math.ceil((4 + headerBytes) / 8) * 8;

function pointBytes(metricCount: number): number {
  return 8 * metricCount + 1;
}

/**
 * Points that one report may carry where a message may have `payloadBytesMax` bytes: at most
 * REPORT_POINTS_MAX, below 1 if not even one point fits.
 */
export function pointsPerReport(payloadBytesMax: number, metricCount: number): number {
  const bytes = Math.min(payloadBytesMax, REPORT_BYTES_MAX) - ENVELOPE_BYTES;
  const fitting = Math.floor((bytes - REPORT_HEADER_BYTES_MAX) / pointBytes(metricCount));
  return Math.min(fitting, REPORT_POINTS_MAX);
}

/** The smallest payload limit under which any report fits. */
export const PAYLOAD_BYTES_MIN = REPORT_HEADER_BYTES_MAX + ENVELOPE_BYTES + pointBytes(METRICS_MAX);

/** @throws RangeError if the report is not one that `decodeReport` would accept: a caller's bug. */
export function encodeReport(report: Report): Uint8Array {
  const header = ReportHeader.safeParse(headerOf(report));
  if (!header.success) throw new RangeError(`report: ${firstIssue(header.error)}`);
  const headerBytes = toUtf8.encode(JSON.stringify(header.data));
  const { points, metrics, series } = header.data;
  if (headerBytes.length > REPORT_HEADER_BYTES_MAX) {
    throw new RangeError(`report: header of ${headerBytes.length} bytes is over the limit`);
  }
  const start = columnsStart(headerBytes.length);
  const bytes = new Uint8Array(start + bodyBytes(points ?? 0, metrics.length, series));
  new DataView(bytes.buffer).setUint32(0, headerBytes.length, true);
  bytes.set(headerBytes, 4);
  if (report.block !== null) {
    writeColumns(report.block, bytes.subarray(start));
    const from = start + seriesStart(points ?? 0, metrics.length);
    writeSeries(report.block, bytes.subarray(from));
  }
  return bytes;
}

function headerOf({ job, offset, block, attempt }: Report): unknown {
  return {
    job,
    offset,
    points: block?.status.length ?? null,
    metrics: Object.keys(block?.metrics ?? {}),
    series: Object.entries(block?.series ?? {}).map(([table, { point, columns }]) =>
      ({ table, rows: point.length, columns: Object.keys(columns) })),
    attempt: attempt === null ? null : withShortMessage(attempt),
  };
}

function withShortMessage(attempt: Attempt): Attempt {
  if (attempt.outcome.kind !== "failed") return attempt;
  const { failure } = attempt.outcome;
  const message = failure.message.slice(0, FAILURE_CHARACTERS_MAX);
  return { ...attempt, outcome: { kind: "failed", failure: { ...failure, message } } };
}

function writeColumns(block: ResultBlock, bytes: Uint8Array): void {
  const points = block.status.length;
  let at = 0;
  for (const [name, column] of Object.entries(block.metrics)) {
    if (column.length !== points) {
      throw new RangeError(`report: ${name} has ${column.length} values, status has ${points}`);
    }
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  bytes.set(block.status, at);
}

function seriesStart(points: number, metricCount: number): number {
  return Math.ceil((points * pointBytes(metricCount)) / 8) * 8;
}

/** Without series the body ends with the last status. */
function bodyBytes(points: number, metricCount: number, series: readonly SeriesHeader[]): number {
  if (series.length === 0) return points * pointBytes(metricCount);
  const numbers = series.reduce((sum, { rows, columns }) => sum + rows * (1 + columns.length), 0);
  return seriesStart(points, metricCount) + 8 * numbers;
}

function writeSeries({ series = {}, status }: ResultBlock, bytes: Uint8Array): void {
  let at = 0;
  for (const [table, { point, columns }] of Object.entries(series)) {
    if (point.some((index) => index < 0 || index >= status.length)) {
      throw new RangeError(`report: ${table} has a row of no point`);
    }
    for (const column of [Float64Array.from(point), ...Object.values(columns)]) {
      if (column.length !== point.length) {
        throw new RangeError(`report: ${table} has ${column.length} values for ${point.length} rows`);
      }
      bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
      at += column.byteLength;
    }
  }
}

/** The report in a message, or why there is none. */
export function decodeReport(bytes: Uint8Array): Decoded<Report> {
  if (bytes.length > REPORT_BYTES_MAX) {
    return refused(`report of ${bytes.length} bytes is over the limit of ${REPORT_BYTES_MAX}`);
  }
  if (bytes.length < 4) return refused(`report of ${bytes.length} bytes`);
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (headerBytes > REPORT_HEADER_BYTES_MAX || 4 + headerBytes > bytes.length) {
    return refused(`report header of ${headerBytes} bytes in a message of ${bytes.length}`);
  }
  const header = decodeJson(ReportHeader, bytes.subarray(4, 4 + headerBytes));
  if (!header.ok) return refused(`report header: ${header.reason}`);
  return decodeColumns(header.value, bytes.subarray(columnsStart(headerBytes)));
}

function decodeColumns(header: ReportHeader, bytes: Uint8Array): Decoded<Report> {
  const { job, offset, points, metrics, series, attempt } = header;
  const expected = bodyBytes(points ?? 0, metrics.length, series);
  if (bytes.length !== expected) {
    return refused(`report columns have ${bytes.length} bytes, its header says ${expected}`);
  }
  if (new Set(metrics).size !== metrics.length) return refused("report names a metric twice");
  if (offset + (points ?? 0) > JOB_POINTS_MAX) {
    return refused(`report ends at point ${offset + (points ?? 0)} of a job of ${JOB_POINTS_MAX}`);
  }
  if (points === null) return { ok: true, value: { job, offset, block: null, attempt } };
  const statusStart = metrics.length * points * 8;
  const status = new Uint8Array(bytes.subarray(statusStart, statusStart + points));
  for (const code of status) {
    if (code >= STATUSES.length) return refused(`report has the unknown status code ${code}`);
  }
  const columns: Record<string, Float64Array> = {};
  metrics.forEach((name, index) => {
    const column = new Float64Array(points);
    new Uint8Array(column.buffer).set(bytes.subarray(index * points * 8, (index + 1) * points * 8));
    columns[name] = column;
  });
  const rows = { status, metrics: columns };
  if (series.length === 0) return { ok: true, value: { job, offset, block: rows, attempt } };
  const tables = decodeSeries(series, bytes.subarray(seriesStart(points, metrics.length)), points);
  if (!tables.ok) return tables;
  return { ok: true, value: { job, offset, block: { ...rows, series: tables.value }, attempt } };
}

function decodeSeries(
  headers: readonly SeriesHeader[],
  bytes: Uint8Array,
  points: number,
): Decoded<Record<string, SeriesBlock>> {
  const series: Record<string, SeriesBlock> = {};
  let at = 0;
  const next = (rows: number): Float64Array => {
    const column = new Float64Array(rows);
    new Uint8Array(column.buffer).set(bytes.subarray(at, at + 8 * rows));
    at += 8 * rows;
    return column;
  };
  for (const { table, rows, columns: names } of headers) {
    if (table in series || new Set(names).size !== names.length) {
      return refused(`report names ${table} or a column of it twice`);
    }
    const point = Int32Array.from(next(rows));
    if (point.some((index) => index < 0 || index >= points)) {
      return refused(`report has rows of ${table} for no point`);
    }
    series[table] = { point, columns: Object.fromEntries(names.map((name) => [name, next(rows)])) };
  }
  return { ok: true, value: series };
}

/** JSON as bytes; the caller's type is what `decodeJson` checks at the other end. */
export function encodeJson(value: unknown): Uint8Array {
  return toUtf8.encode(JSON.stringify(value));
}

export function decodeJson<Value>(shape: z.ZodType<Value>, bytes: Uint8Array): Decoded<Value> {
  let content: unknown;
  try {
    content = JSON.parse(utf8.decode(bytes));
  } catch {
    return refused("not JSON");
  }
  const parsed = shape.safeParse(content);
  return parsed.success ? { ok: true, value: parsed.data } : refused(firstIssue(parsed.error));
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "unknown" : `${issue.path.join(".") || "value"}: ${issue.message}`;
}
