// The SQL of views and comments, for the migration that brings a database to this build's words.
import { TABLE_COMMENTS } from "./table-comments.ts";
import { VIEWS } from "./views.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Statements that make all views anew and set every comment, whatever stood there before. */
export function viewAndCommentStatements(): string[] {
  return [
    // A view is dropped before what it is made of.
    ...VIEWS.toReversed().map(({ name }) => `DROP VIEW IF EXISTS "${name}";`),
    ...VIEWS.map(({ name, query }) => `CREATE VIEW "${name}" AS\n${query};`),
    ...VIEWS.flatMap(({ name, comment, columns }) =>
      commentStatements(
        "VIEW",
        name,
        comment,
        columns.map((column) => [column.name, column.comment]),
      ),
    ),
    ...Object.entries(TABLE_COMMENTS).flatMap(([name, { table, columns }]) =>
      commentStatements("TABLE", name, table, Object.entries(columns)),
    ),
  ];
}

function commentStatements(
  kind: string,
  name: string,
  comment: string,
  columns: readonly (readonly [string, string])[],
): string[] {
  const ofColumns = columns.map(
    ([column, text]) => `COMMENT ON COLUMN "${name}"."${column}" IS ${quoted(text)};`,
  );
  return [`COMMENT ON ${kind} "${name}" IS ${quoted(comment)};`, ...ofColumns];
}

/** The same as the text of a migration file. */
export function viewAndCommentMigration(): string {
  return `${viewAndCommentStatements().join("\n--> statement-breakpoint\n")}\n`;
}
