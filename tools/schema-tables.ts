// The generated parts of docs/SCHEMA.md: every table and view, from what makes the migrations.
import { TABLE_COMMENTS } from "../schema/table-comments.ts";
import { tableColumns } from "../schema/tables.ts";
import { VIEWS } from "../schema/views.ts";

/** Generated parts by the name that their marker gives. */
export function schemaFileParts(): ReadonlyMap<string, readonly string[]> {
  const views = VIEWS.map(({ name, comment, columns }): [string, string[]] => [
    `view ${name}`,
    [sentence(comment), "", ...rowsOf(columns.map((one) => [one.name, one.type, one.comment]))],
  ]);
  const tables = tableColumns().map(({ table, columns }): [string, string[]] => {
    const words = TABLE_COMMENTS[table];
    const rows = columns.map(({ name, type, isNullable }) => [
      name,
      isNullable ? `${type}, or null` : type,
      words?.columns[name] ?? "",
    ]);
    return [`table ${table}`, [sentence(words?.table ?? ""), "", ...rowsOf(rows)]];
  });
  return new Map([...views, ...tables]);
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function rowsOf(rows: readonly (readonly string[])[]): string[] {
  const lines = rows.map(
    ([name = "", type = "", meaning = ""]) =>
      `| \`${name}\` | ${type} | ${meaning.replaceAll("|", "\\|")} |`,
  );
  return ["| column | type | meaning |", "| --- | --- | --- |", ...lines];
}
