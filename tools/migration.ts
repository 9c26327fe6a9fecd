// Generates the migrations that schema/ asks for: `npm run migration -- NAME`.
//
// First drizzle-kit compares schema/tables.ts with the last snapshot and writes what changed in the
// tables; then, if views or comments differ from the newest migration that set them, a second file
// sets them all. Migrations that have been released are never edited.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { viewAndCommentMigration } from "../schema/schema-sql.ts";

const FOLDER = "migrations";
// Not a dependency, and not by npx: drizzle-kit looks for drizzle-orm beside itself.
const KIT = ["drizzle-kit@0.31.11", "drizzle-orm@0.45.4"];

function kit(...args: string[]): void {
  const home = join(tmpdir(), "nearclone-drizzle-kit-0.31.11");
  const program = join(home, "node_modules", "drizzle-kit", "bin.cjs");
  if (!existsSync(program)) {
    mkdirSync(home, { recursive: true });
    run("npm", [
      "install",
      "--prefix",
      home,
      "--no-audit",
      "--no-fund",
      "--legacy-peer-deps",
      ...KIT,
    ]);
  }
  run(process.execPath, [program, "generate", ...args]);
}

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const files = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".sql"))
    .sort();

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]+$/.test(name)) {
  console.error(
    "usage: npm run migration -- NAME: expected letters, digits and _ as the migration's name",
  );
  process.exit(2);
}
kit("--name", name);
const wanted = viewAndCommentMigration();
const newest = files().findLast((file) => file.includes("views_and_comments"));
if (newest === undefined || readFileSync(join(FOLDER, newest), "utf8") !== wanted) {
  const before = new Set(files());
  kit(
    "--custom",
    "--name",
    newest === undefined ? "views_and_comments" : `views_and_comments_${name}`,
  );
  const made = files().find((file) => !before.has(file));
  if (made === undefined) throw new Error("drizzle-kit made no custom migration");
  writeFileSync(join(FOLDER, made), wanted);
}
