// Whole-study readers: in key ranges by binary COPY, so that memory stays flat and bits exact.
import { createHash } from "node:crypto";
import { STATUSES } from "../../schema/column.ts";
import type { ResultColumn } from "../../schema/column.ts";
import { columnsOf, type ExperimentName, EXPERIMENTS } from "../../schema/experiments/registry.ts";
import type { StudySpec } from "../../schema/study.ts";
import { copyBody, decodeCopy, type Decoded } from "./copy-decode.ts";
import type { Session } from "./database.ts";
import type { Batch, Coverage } from "./port.ts";

/** A study as its readers need it. */
export interface ReadStudy {
  readonly id: number;
  readonly experiment: ExperimentName;
  /** After study, point, job and status: what the study's blocks ask for. */
  readonly own: readonly ResultColumn[];
  readonly points: number;
}

export const BATCH_ROWS_DEFAULT = 20_000;

/** The columns of an export: not the job, which belongs to the plan, not the result. */
export function exportColumns(spec: StudySpec) {
  const own = columnsOf(spec).map(({ name, type }) => ({ name, type }));
  return [
    { name: "point", type: "integer" } as const,
    { name: "status", type: "label" } as const,
    ...own,
  ];
}

/** The columns that a reader may ask for, in the table's order. */
export function readableColumns({ own }: ReadStudy): string[] {
  return ["point", "job", "status", ...own.map(({ name }) => name)];
}

function typeOf(study: ReadStudy, name: string): "integer" | "double" | "label" {
  if (name === "point" || name === "job") return "integer";
  if (name === "status") return "label";
  const column = study.own.find((one) => one.name === name);
  if (column === undefined)
    throw new RangeError(`${EXPERIMENTS[study.experiment].table} has no column ${name}`);
  return column.type;
}

/**
 * Copy files of the rows of a study in order of `point`, each of at most `batchRows` rows.
 *
 * By ranges of the key, not by `limit`: a table without statistics makes the planner sort all that
 * is left for each batch. A range that has no rows is left behind in one step.
 */
async function* copyBatches(
  session: Session,
  study: ReadStudy,
  names: readonly string[],
  batchRows: number,
): AsyncGenerator<Uint8Array> {
  const { table } = EXPERIMENTS[study.experiment];
  for (let from = 0; from < study.points; from += batchRows) {
    const file = await session.copyOut(
      `select ${names.join(", ")} from ${table}
       where study = ${study.id} and point >= ${from} and point < ${from + batchRows}
       order by point`,
    );
    if (copyBody(file).length > 0) {
      yield file;
      continue;
    }
    const next = await session.query(
      `select min(point) from ${table} where study = $1 and point >= $2`,
      [study.id, from + batchRows],
    );
    const point = next.rows[0]?.[0] ?? null;
    if (point === null) return;
    from = Number(point) - batchRows;
  }
}

/** See Store.scan. */
export async function* scan(
  session: Session,
  study: ReadStudy,
  columns: readonly string[],
  batchRows: number,
): AsyncGenerator<Batch> {
  const types = columns.map((name) => typeOf(study, name));
  for await (const file of copyBatches(session, study, columns, batchRows)) {
    yield batchOf(decodeCopy(file, types, STATUSES), columns);
  }
}

function batchOf(decoded: Decoded, names: readonly string[]): Batch {
  const columns: Record<string, Int32Array | Float64Array> = {};
  let status: Uint8Array | undefined;
  names.forEach((name, index) => {
    const column = decoded.columns[index];
    if (column instanceof Uint8Array) status = column;
    else if (column !== undefined) columns[name] = column;
  });
  return { rows: decoded.rows, columns, ...(status === undefined ? {} : { status }) };
}

/**
 * See Store.checksum. The bytes are those of `copy … (format binary)`, which is the same from
 * every version of Postgres; the job is left out, because it belongs to the plan, not the result.
 */
export async function checksum(session: Session, study: ReadStudy): Promise<string> {
  const names = readableColumns(study).filter((name) => name !== "job");
  const hash = createHash("sha256").update(names.join(","));
  for await (const file of copyBatches(session, study, names, BATCH_ROWS_DEFAULT)) {
    hash.update(copyBody(file));
  }
  return hash.digest("hex");
}

/** See Store.sample: each random point, or the next one stored. */
export async function sample(
  session: Session,
  study: ReadStudy,
  points: readonly number[],
): Promise<Batch> {
  const names = readableColumns(study);
  const list = names.map((name) => `r.${name}`).join(", ");
  const file = await session.copyOut(
    `select distinct on (point) ${list}
     from unnest('{${points.join(",")}}'::int[]) as wanted (point_from)
     cross join lateral (select * from ${EXPERIMENTS[study.experiment].table}
       where study = ${study.id} and point >= point_from order by point limit 1) r order by point`,
  );
  const decoded = decodeCopy(
    file,
    names.map((name) => typeOf(study, name)),
    STATUSES,
  );
  return batchOf(decoded, names);
}

/** See Store.coverage. */
export async function coverageOf(session: Session, study: ReadStudy): Promise<Coverage> {
  const counted = await session.query(
    `select (select sum(stored) from job where study = $1),
       (select count(*) from ${EXPERIMENTS[study.experiment].table} where study = $1 and status <> 'ok')`,
    [study.id],
  );
  const [stored, failed] = (counted.rows[0] ?? []).map(Number);
  return {
    done: (stored ?? 0) - (failed ?? 0),
    failed: failed ?? 0,
    missing: study.points - (stored ?? 0),
  };
}
