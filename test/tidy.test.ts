// The house rules that a program can check: who imports whom, sizes, names, and what must not
// appear.
import assert from "node:assert/strict";
import test from "node:test";
import { type Import, importsOf, repositoryFiles, type SourceFile } from "./support/source-tree.ts";

const files = repositoryFiles();
const modules = files.filter(({ path }) => /\.tsx?$/.test(path));
const product = modules.filter(({ path }) => !/^(test|bench|tools)\//.test(path));

const folderOf = (path: string): string => path.split("/")[0] ?? "";

/** Folders that a folder may import from, besides itself; test, bench and tools may use all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  data: ["schema"],
  queue: ["schema"],
  worker: ["schema", "queue", "data"],
  coordinator: ["schema", "queue", "data"],
  dashboard: ["schema"],
};

/** The one door from the coordinator to the worker: the composition root of the local mode. */
const isLocalMode = (from: string, { target, isDynamic }: Import): boolean =>
  from === "coordinator/local.ts" && target === "worker/root.ts" && isDynamic;

/** Packages that a folder's modules must not load, directly or through others. */
const MAY_NOT_LOAD: Readonly<Record<string, readonly string[]>> = {
  worker: ["drizzle-orm", "pg", "hono", "@hono/node-server", "@electric-sql/pglite", "commander"],
  coordinator: ["koffi", "piscina", "@tensorflow/tfjs-node-gpu"],
};

/** Only these may know the environment, the time of day, or the arguments. */
const ROOTS = new Set([
  "coordinator/main.ts",
  "queue/clock.ts",
  // Hands the environment on to the process that it starts.
  "worker/compute-child.ts",
]);
const AMBIENT = /\bprocess\.(env|argv)\b|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/;
const VAGUE_NAMES = /(^|\/)(utils?|helpers?|common|types?|managers?)(\.[a-z]+)*$/;
const CODE_LINES_MAX = 300;

/** Fails with every offence on a line of its own. */
function assertNone(offences: readonly string[]): void {
  assert.ok(offences.length === 0, `\n${offences.join("\n")}`);
}

/** `path:line: rule` for each line of `some` that `offends`. */
function offendingLines(
  some: readonly SourceFile[],
  rule: string,
  offends: (line: string, file: SourceFile) => boolean,
): string[] {
  return some.flatMap((file) =>
    file.lines.flatMap((line, i) => (offends(line, file) ? [`${file.path}:${i + 1}: ${rule}`] : [])));
}

test("there are modules to check", () => {
  assert.ok(product.length > 20, String(product.length));
  assert.ok(product.some((file) => importsOf(file).some(({ isOurs }) => isOurs)));
});

test("folders import only what lies below them", () => {
  assertNone(product.flatMap((file) => {
    const own = folderOf(file.path);
    return importsOf(file)
      .filter((one) => one.isOurs && folderOf(one.target) !== own && !isLocalMode(file.path, one))
      .filter(({ target }) => MAY_IMPORT[own]?.includes(folderOf(target)) !== true)
      .map(({ line, target }) =>
        `${file.path}:${line}: imports ${target}: ${own}/ may know ${MAY_IMPORT[own]?.join(", ") || "nothing of ours"}`);
  }));
});

/** Every package that a module's import graph loads, with the path of modules that leads to it. */
function loadedFrom(start: SourceFile): Map<string, string> {
  const byPath = new Map(modules.map((file) => [file.path, file]));
  const loaded = new Map<string, string>();
  const seen = new Set<string>();
  const visit = (file: SourceFile, way: string): void => {
    if (seen.has(file.path)) return;
    seen.add(file.path);
    for (const one of importsOf(file)) {
      if (one.isType || isLocalMode(file.path, one)) continue;
      const next = byPath.get(one.target);
      if (next !== undefined) visit(next, `${way} → ${next.path}`);
      else if (!one.isOurs && !loaded.has(one.target)) loaded.set(one.target, way);
    }
  };
  visit(start, start.path);
  return loaded;
}

for (const [folder, banned] of Object.entries(MAY_NOT_LOAD)) {
  test(`${folder}/ loads none of ${banned.join(", ")}, not even through others`, () => {
    assertNone(product
      .filter(({ path }) => folderOf(path) === folder)
      .flatMap((file) => {
        const loaded = loadedFrom(file);
        return banned
          .filter((name) => loaded.has(name))
          .map((name) => `${file.path}:1: loads ${name} by ${loaded.get(name)}`);
      }));
  });
}

test("every relative import names a file that exists", () => {
  const paths = new Set(files.map(({ path }) => path));
  assertNone(modules.flatMap((file) =>
    importsOf(file)
      .filter(({ isOurs, target }) => isOurs && !paths.has(target))
      .map(({ line, target }) => `${file.path}:${line}: imports ${target}: no such file`)));
});

test("the environment, the time and chance enter through composition roots only", () => {
  const inner = product.filter(({ path }) => !ROOTS.has(path));
  assertNone(offendingLines(inner, "make it a parameter: only composition roots may ask", (line) =>
    AMBIENT.test(line.replace(/\/\/.*|^\s*\*.*/, ""))));
});

/** As the linter counts: lines with code on them. */
function codeLines({ lines }: SourceFile): number {
  return lines.filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length;
}

test("no module is longer than a person reads at once", () => {
  assertNone(modules
    .filter((file) => codeLines(file) > CODE_LINES_MAX)
    .map((file) => `${file.path}: ${codeLines(file)} lines of code: at most ${CODE_LINES_MAX}`));
});

test("every module opens with what it is for", () => {
  assertNone(product
    .filter(({ lines }) => !/^(\/\/ |\/\*\*)/.test(lines[0] ?? ""))
    .map(({ path }) => `${path}:1: expected a header comment: what, invariants, why`));
});

test("no file has a name that says nothing", () => {
  assertNone(files
    .filter(({ path }) => VAGUE_NAMES.test(path))
    .map(({ path }) => `${path}: name it after what is in it`));
});

test("files are named in kebab-case", () => {
  assertNone(modules
    .filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.tsx?$/.test(path.split("/").at(-1) ?? ""))
    .map(({ path }) => `${path}: expected kebab-case`));
});

test("no file names a machine's folders or a package registry", () => {
  const folders = ["work", "root", "farm", "home/[a-z]+", "Users/[A-Za-z]+"].join("|");
  const machine = new RegExp(`(^|[\\s"'\`(=:])/(${folders})/`);
  const registry = new RegExp(["registry", "npmjs"].join("\\."));
  const ownResolved = '"resolved":';
  const texts = files.filter(({ path }) => !/\.(png|gz|bin|npy|npz|parquet)$/.test(path));
  assertNone([
    ...offendingLines(texts, "names a folder of one machine", (line) => machine.test(line)),
    ...offendingLines(texts, "names a package registry", (line) =>
      registry.test(line) || line.trimStart().startsWith(ownResolved)),
  ]);
});
