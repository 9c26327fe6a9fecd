// What is generated from the code is up to date, and what the documents show is true.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { parse } from "yaml";
import { openTestStore } from "./support/database.ts";
import { readStudyFile, readStudyFiles } from "../coordinator/study-file.ts";
import { withGenerated } from "../tools/generated-parts.ts";
import { schemaFileParts } from "../tools/schema-tables.ts";
import { studyFileParts } from "../tools/study-tables.ts";
import { EXPERIMENTS } from "../schema/experiments/registry.ts";
import { parseStudy } from "../schema/study.ts";
import { type SchemaNode, studySchema, studySchemaText } from "../schema/study-document.ts";
import { repositoryFiles, ROOT } from "./support/source-tree.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const studies = readdirSync(join(ROOT, "studies")).filter((name) => name.endsWith(".yaml"));

/** The fenced blocks of one language in a document, with the line each begins on. */
function examplesIn(path: string, language: string): { line: number; text: string }[] {
  const text = read(path);
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...text.matchAll(fence)].map(({ index, 1: body = "" }) =>
    ({ line: text.slice(0, index).split("\n").length + 1, text: body }));
}

test("docs/STUDY-FILE.md says what the schema says: npm run docs:study", () => {
  const text = read("docs/STUDY-FILE.md");
  assert.equal(withGenerated(text, studyFileParts()), text);
});

test("docs/SCHEMA.md says what the schema says: npm run docs:schema", () => {
  const text = read("docs/SCHEMA.md");
  assert.equal(withGenerated(text, schemaFileParts()), text);
});

test("every query in docs/SCHEMA.md runs", async () => {
  const queries = examplesIn("docs/SCHEMA.md", "sql");
  assert.ok(queries.length > 5);
  const store = await openTestStore();
  try {
    for (const { line, text } of queries) {
      await assert.doesNotReject(store.sql(text, { write: text.startsWith("delete") }), `docs/SCHEMA.md:${line}`);
    }
  } finally {
    await store.close();
  }
});

test("studies/study.schema.json is the schema: npm run docs:study", () => {
  assert.equal(read("studies/study.schema.json"), studySchemaText());
});

test("a document with an unknown marker, or without a part's marker, is refused", () => {
  const parts = new Map([["a", ["line"]]]);
  assert.match(withGenerated("<!-- generated: a -->\n<!-- end -->", parts), /\n\nline\n\n/);
  assert.throws(() => withGenerated("<!-- generated: b -->\n<!-- end -->", parts), /"b"/);
  assert.throws(() => withGenerated("none", parts), /no marker for a/);
});

const examples = examplesIn("docs/STUDY-FILE.md", "yaml");

test("the document has examples", () => assert.ok(examples.length >= 5));

for (const { line, text } of examples) {
  test(`the example at docs/STUDY-FILE.md:${line} is a study`, () => {
    const parsed = parseStudy(parse(text));
    assert.ok(parsed.ok, JSON.stringify(parsed));
  });
}

for (const name of studies) {
  test(`studies/${name} is a study that names its schema`, async () => {
    const path = join("studies", name);
    const { spec } = await readStudyFile(path, ROOT);
    assert.equal(spec.name, name.replace(/\.yaml$/, ""));
    assert.match(read(path), /^# yaml-language-server: \$schema=\.?\/?study\.schema\.json\n/);
  });
}

for (const name of readdirSync(join(ROOT, "studies/paper"))) {
  test(`studies/paper/${name} holds studies, and says at its head what it asks`, async () => {
    const path = join("studies/paper", name);
    assert.ok((await readStudyFiles(path, ROOT)).length > 0);
    assert.match(read(path), /^# yaml-language-server: \$schema=\.\.\/study\.schema\.json\n# /);
  });
}

test("the editor's schema knows every parameter as an axis and as a fixed value", () => {
  const { oneOf = [] } = studySchema();
  for (const [name, { parameters }] of Object.entries(EXPERIMENTS)) {
    const node = oneOf.find(({ properties }) => properties?.["experiment"]?.const === name);
    for (const block of ["axes", "fixed"]) {
      const known = Object.keys(node?.properties?.[block]?.properties ?? {});
      assert.deepEqual(known, parameters.map((one) => one.name), `${name} ${block}`);
    }
  }
});

const ROOT_SCHEMA = studySchema();

/** A small judge of the parts of JSON Schema that ours uses: paths that do not fit. */
function misfits(value: unknown, node: SchemaNode, at = "$"): string[] {
  const target = node.$ref === undefined ? node : (ROOT_SCHEMA.$defs?.[node.$ref.replace("#/$defs/", "")] ?? {});
  const choices = target.oneOf ?? target.anyOf;
  if (choices !== undefined) {
    const results = choices.map((choice) => misfits(value, choice, at));
    return results.some((one) => one.length === 0) ? [] : [`${at}: fits none`, ...(results[0] ?? [])];
  }
  if (target.const !== undefined) return value === target.const ? [] : [`${at}: not ${target.const}`];
  if (target.enum !== undefined) return target.enum.some((one) => one === value) ? [] : [`${at}: ${String(value)}`];
  if (target.type === "object") return objectMisfits(value, target, at);
  if (target.type === "array") {
    if (!Array.isArray(value)) return [`${at}: no list`];
    return value.flatMap((item, i) => {
      const each = target.prefixItems?.[i] ?? (target.items === false ? undefined : target.items);
      return each === undefined ? [`${at}[${i}]: too many`] : misfits(item, each, `${at}[${i}]`);
    });
  }
  if (target.type === "integer") return Number.isInteger(value) ? [] : [`${at}: no integer`];
  return typeof value === target.type ? [] : [`${at}: ${typeof value}, not ${target.type}`];
}

function objectMisfits(value: unknown, node: SchemaNode, at: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${at}: no map`];
  const absent = (node.required ?? []).filter((key) => !(key in value));
  return [
    ...absent.map((key) => `${at}.${key}: absent`),
    ...Object.entries(value).flatMap(([key, item]) => {
      const child = node.properties?.[key];
      return child === undefined ? [`${at}.${key}: unknown`] : misfits(item, child, `${at}.${key}`);
    }),
  ];
}

test("the editor's schema takes every example and every study, and refuses a misspelt axis", () => {
  const texts = [...examples.map(({ text }) => text), ...studies.map((name) => read(join("studies", name)))];
  for (const text of texts) assert.deepEqual(misfits(parse(text), ROOT_SCHEMA), [], text);
  const misspelt = (texts[0] ?? "").replace("length_scale:", "lenght_scale:");
  assert.notDeepEqual(misfits(parse(misspelt), ROOT_SCHEMA), []);
});

for (const { line, text } of examplesIn("README.md", "yaml")) {
  test(`the example at README.md:${line} is a study`, () => {
    const parsed = parseStudy(parse(text));
    assert.ok(parsed.ok, JSON.stringify(parsed));
  });
}

const documents = ["README.md", "bench/README.md", ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`)];

/** The anchors of a document's headings, as GitHub makes them. */
const anchorsOf = (path: string): string[] =>
  Array.from(read(path).matchAll(/^#+ (.*)$/gm), ([, title = ""]) =>
    title.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-"));

test("links of the documents lead to files and headings that exist", () => {
  assert.ok(documents.length > 30, String(documents.length));
  for (const path of documents) {
    for (const [, target = ""] of read(path).matchAll(/\]\(([^)\s]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const found = file === "" ? path : join(dirname(path), file);
      assert.ok(existsSync(join(ROOT, found)), `${path}: ${target}`);
      if (anchor !== undefined) assert.ok(anchorsOf(found).includes(anchor), `${path}: ${target}`);
    }
  }
});

test("decisions have numbers of their own, one after another, in file and title", () => {
  const names = readdirSync(join(ROOT, "docs/decisions")).sort();
  for (const [index, name] of names.entries()) {
    const number = String(index + 1).padStart(4, "0");
    assert.equal(name.slice(0, 5), `${number}-`, name);
    assert.ok(read(`docs/decisions/${name}`).startsWith(`# ${number}: `), name);
  }
});

const OUR_MODULES = /\b(schema|data|queue|coordinator|worker|dashboard|test|bench|tools)\/[a-z0-9/-]+(\.[a-z]+)?\.tsx?\b/g;

/** All of a document, of code its comments. */
function prose(path: string, text: string): string {
  if (!/\.tsx?$/.test(path)) return text;
  return text.split("\n").filter((line) => /^\s*(\/\/|\/?\*)/.test(line)).join("\n");
}

test("names of modules, decisions and studies in code and documents are of files that exist", () => {
  const decisions = new Set(readdirSync(join(ROOT, "docs/decisions")).map((name) => name.slice(0, 4)));
  for (const { path, text } of repositoryFiles()) {
    if (!/\.(ts|tsx|md|sh|yaml)$/.test(path)) continue;
    for (const [, number = ""] of text.matchAll(/docs\/decisions\/(\d{4})/g)) {
      assert.ok(decisions.has(number), `${path}: docs/decisions/${number}`);
    }
    for (const [name] of prose(path, text).matchAll(OUR_MODULES)) {
      assert.ok(existsSync(join(ROOT, name)), `${path}: ${name}`);
    }
    if (path.startsWith("test/")) continue;
    for (const [name] of text.matchAll(/\bstudies\/[\w/.-]+\.(yaml|json)\b/g)) {
      assert.ok(existsSync(join(ROOT, name)), `${path}: ${name}`);
    }
  }
});
