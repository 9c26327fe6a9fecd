// `nearclone sql`: one statement of the user's, read-only unless asked otherwise.
import { Command, Option } from "commander";
import { type Context, note, printAll } from "../context.ts";
import { countText, plural } from "../face/number.ts";
import { formatRows, type RowsFormat } from "../face/table.ts";
import { openExisting } from "../open-existing.ts";
import { databaseOption, integerFrom, jsonOption, withExamples } from "./option.ts";

interface SqlOptions {
  readonly database?: string;
  readonly format: RowsFormat;
  readonly json?: boolean;
  readonly write?: boolean;
  readonly limit?: number;
}

/** Rows that a table shows unless asked otherwise: more scroll away unread. */
const TABLE_ROWS_MAX = 1_000;
const ALL_ROWS = 2 ** 31 - 1;
/** A person waits, and can press Ctrl-C. */
const SQL_TIMEOUT_MS = 3_600_000;

export function sqlCommand(context: Context): Command {
  const limit = `most rows to print (default: ${TABLE_ROWS_MAX} in a table, else all)`;
  const command = new Command("sql")
    .description("query the database; what its tables hold stands in docs/SCHEMA.md")
    .argument("<query>", "one statement")
    .addOption(databaseOption())
    .addOption(
      new Option("-f, --format <format>").choices(["table", "csv", "json"]).default("table"),
    )
    .addOption(jsonOption())
    .addOption(new Option("--limit <rows>", limit).argParser(integerFrom(1, ALL_ROWS)))
    .addOption(new Option("--write", "let the statement change the database"))
    .action((query: string, options: SqlOptions) => sql(context, query, options));
  return withExamples(
    command,
    'nearclone sql "select * from study_progress"',
    'nearclone sql "select study, ridge, avg(attack_success_rate) from krr group by 1, 2" -f csv',
    "nearclone sql --write \"delete from krr_result where study = (select id from study where name = 'old')\"",
    "nearclone sql --write \"delete from study where name = 'old'\"     (its rows first: docs/SCHEMA.md)",
  );
}

async function sql(context: Context, query: string, options: SqlOptions): Promise<void> {
  const format = options.json === true ? "json" : options.format;
  const maxRows = options.limit ?? (format === "table" ? TABLE_ROWS_MAX : ALL_ROWS);
  const store = await openExisting(context, options.database);
  try {
    const result = await store.sql(query, {
      write: options.write === true,
      maxRows,
      timeoutMs: SQL_TIMEOUT_MS,
    });
    if (result.columns.length === 0) {
      note(context, `${plural(result.affected, "row")} changed`);
      return;
    }
    const columns = result.columns.map(({ name }) => name);
    printAll(context, formatRows({ columns, rows: result.rows }, format));
    if (result.truncated) {
      note(context, `only the first ${countText(result.rows.length)} rows: --limit shows more`);
    }
  } finally {
    await store.close();
  }
}
