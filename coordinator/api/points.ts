// Rows of a result table, filtered, sorted and paged by key: page 1,000 costs what page 1 does.
import type { z } from "zod";
import type { Points, PointsQuery } from "../../schema/api.ts";
import { STATUSES } from "../../schema/column.ts";
import { columnsOf } from "../../schema/experiments/registry.ts";
import type { Session, SqlValue } from "../store/database.ts";
import { cellOf } from "../store/cell.ts";
import { problem, unknownName } from "./problem.ts";
import type { StudyGrid } from "./study-grid.ts";

const OPERATORS: Readonly<Record<string, string>> =
  { eq: "=", ne: "<>", lt: "<", le: "<=", gt: ">", ge: ">=" };

export async function pointsOf(session: Session, grid: StudyGrid, query: z.infer<typeof PointsQuery>): Promise<Points> {
  const names = columnsOf(grid.stored.order.spec).map(({ name }) => name);
  const columns = ["point", "job", "status", ...names];
  const sortable = ["point", "job", ...names];
  const check = (name: string): string => {
    if (!sortable.includes(name)) throw unknownName("column", name, sortable);
    return name;
  };
  const values: SqlValue[] = [grid.id];
  const bind = (value: SqlValue, type: string): string => `$${values.push(value)}::${type}`;
  const conditions = query.where.map((text) => {
    const { name, operator, number } = conditionOf(text);
    return `${check(name)} ${operator} ${bind(number, "float8")}`;
  });
  if (query.status !== undefined) {
    if (!STATUSES.some((status) => status === query.status)) throw unknownName("status", query.status, STATUSES);
    conditions.push(`status = ${bind(query.status, "point_status")}`);
  }
  const sort = check(query.sort);
  if (query.after !== undefined) {
    const [value, point] = cursorOf(query.after);
    const than = query.order === "asc" ? ">" : "<";
    conditions.push(`(${sort}::float8, point) ${than} (${bind(value, "float8")}, ${bind(point, "int")})`);
  }
  const { fields, rows } = await session.query(
    `select ${columns.join(", ")} from ${grid.table}
     where study = $1${conditions.map((condition) => ` and ${condition}`).join("")}
     order by ${sort} ${query.order}${sort === "point" ? "" : `, point ${query.order}`}
     limit ${query.limit}`, values);
  const last = rows.at(-1);
  const next = rows.length === query.limit && last !== undefined
    ? `${last[columns.indexOf(sort)] ?? ""}_${last[0] ?? ""}` : null;
  return {
    columns,
    rows: rows.map((row) => row.map((text, column) => plain(cellOf(fields[column]?.type ?? 0, text)))),
    next,
  };
}

/** JSON has no NaN and no infinities: they go as text. */
export function plain(cell: ReturnType<typeof cellOf>): number | string {
  if (typeof cell === "number" && Number.isFinite(cell)) return cell;
  return cell === null ? "" : String(cell);
}

function conditionOf(text: string) {
  const [name = "", code = "", digits = ""] = text.split(":");
  const operator = OPERATORS[code];
  const number = Number(digits);
  if (operator === undefined || digits === "" || Number.isNaN(number)) {
    throw problem(422, {
      type: "bad-condition",
      detail: `where ${JSON.stringify(text)}: expected name:op:number with op one of ${Object.keys(OPERATORS).join(", ")}`,
    });
  }
  return { name, operator, number };
}

function cursorOf(after: string): readonly [number | string, number] {
  const [value = "", point = ""] = after.split("_");
  if (value === "" || !/^\d+$/.test(point) || (Number.isNaN(Number(value)) && value !== "NaN")) {
    throw problem(422, { type: "bad-cursor", detail: `after ${JSON.stringify(after)}: expected the \`next\` of a page` });
  }
  return [value, Number(point)];
}
