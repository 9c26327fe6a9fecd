// The project's own files as text, for the tests that read them: paths, lines and imports.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json: two above dist/test/support. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const SKIPPED = new Set(["node_modules", "dist", "coverage", ".git", ".nearclone"]);

export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Every file of the repository, build output and packages left out. */
export function repositoryFiles(): SourceFile[] {
  const walk = (folder: string): string[] =>
    readdirSync(join(ROOT, folder))
      .filter((name) => !SKIPPED.has(name))
      .map((name) => posix.join(folder, name))
      .flatMap((path) => (statSync(join(ROOT, path)).isDirectory() ? walk(path) : [path]));
  return walk("").map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, lines: text.split("\n") };
  });
}

export interface Import {
  readonly line: number;
  /** A path from the root for a file of ours, else the package's name. */
  readonly target: string;
  readonly isOurs: boolean;
  /** Erased by the compiler. */
  readonly isType: boolean;
  readonly isDynamic: boolean;
}

const STATIC = /^(import|export)(\s+type)?\b[^;"']*?\bfrom\s*"([^"]+)"/gm;
const BARE = /^import\s*"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"\s*\)/g;

/** What a module imports, in order of the forms: static, bare, dynamic. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (index: number, specifier: string, isType: boolean, isDynamic: boolean): void => {
    const isOurs = specifier.startsWith(".");
    const target = isOurs
      ? posix.join(dirname(file.path), specifier)
      : specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
    const line = file.text.slice(0, index).split("\n").length;
    found.push({ line, target, isOurs, isType, isDynamic });
  };
  for (const { index, 2: type, 3: from = "" } of file.text.matchAll(STATIC)) {
    add(index, from, type !== undefined, false);
  }
  for (const { index, 1: from = "" } of file.text.matchAll(BARE)) add(index, from, false, false);
  for (const { index, 1: from = "" } of file.text.matchAll(DYNAMIC)) {
    // `typeof import("x")` and the like are types, but harmless to count: none of ours cross.
    add(index, from, false, true);
  }
  return found;
}
