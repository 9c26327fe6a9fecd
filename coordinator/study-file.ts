// Reads a study file: YAML to a checked spec, with every complaint as `file:line: path: message`.
//
// A file may hold several studies, as YAML documents separated by `---`: those that one claim needs.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Document, isMap, isScalar, LineCounter, parseAllDocuments } from "yaml";
import { UserError } from "../schema/failure.ts";
import { nearest } from "../schema/nearest.ts";
import { type Issue, parseStudy, type StudySpec, studyKeysAt } from "../schema/study.ts";

export interface StudyFile {
  readonly file: string;
  /** Where the spec's relative paths start from. */
  readonly folder: string;
  readonly spec: StudySpec;
  /** `file:line: path: message` for a complaint that is found later. */
  readonly complain: (issue: Issue) => UserError;
}

/**
 * The studies of a file, in its order.
 * @param file as the user names it, and as complaints name it.
 * @param cwd the folder that `file` starts from; default: the process' own.
 * @throws UserError, one line per problem, if the file cannot be read or holds what is no study.
 */
export async function readStudyFiles(file: string, cwd = "."): Promise<readonly StudyFile[]> {
  const path = resolve(cwd, file);
  const text = await readText(file, path);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  if (documents.length === 0) throw new UserError(`${file}:1: expected a study, got an empty file`);
  const studies = documents.map((document) => studyOf(document, { file, folder: dirname(path), lines }));
  const names = studies.map(({ spec }) => spec.name);
  studies.forEach(({ spec: { name }, complain }, index) => {
    if (names.indexOf(name) === index) return;
    throw complain({ path: ["name"], message: `${name} is the name of another study of this file: names must differ` });
  });
  return studies;
}

/** The only study of a file. @throws UserError as `readStudyFiles`, and if it holds several. */
export async function readStudyFile(file: string, cwd = "."): Promise<StudyFile> {
  const [study, ...others] = await readStudyFiles(file, cwd);
  if (study === undefined) throw new UserError(`${file}: expected a study`);
  if (others.length === 0) return study;
  const names = [study, ...others].map(({ spec }) => spec.name).join(", ");
  throw new UserError(`${file}: expected one study, got ${others.length + 1}: name one of ${names}`);
}

interface Place {
  readonly file: string;
  readonly folder: string;
  readonly lines: LineCounter;
}

function studyOf(document: Document, { file, folder, lines }: Place): StudyFile {
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const line = syntax.linePos?.[0].line ?? 1;
    const [what = ""] = syntax.message.split("\n");
    throw new UserError(`${file}:${line}: ${what.replace(/ at line.*/, "")}`);
  }
  const content: unknown = document.toJS();
  const parsed = parseStudy(content);
  const describe = (issue: Issue): string => complaint(file, document, lines, issue);
  if (!parsed.ok) {
    const all = parsed.issues.map((issue) => {
      const given = valueAt(content, issue.path);
      return describe(issue) + got(given, issue) + hint(issue, given);
    });
    throw new UserError(all.join("\n"));
  }
  return { file, folder, spec: parsed.spec, complain: (issue) => new UserError(describe(issue)) };
}

async function readText(file: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const why = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "is a folder" : code;
    throw new UserError(`${file}: ${why}: expected a study file (YAML)`);
  }
}

/** `file:line: path: message` */
function complaint(file: string, document: Document, lines: LineCounter, issue: Issue): string {
  const line = lineOf(document, lines, issue.path);
  const place = pathText(issue.path);
  return `${file}:${line}: ${place === "" ? "" : `${place}: `}${issue.message}`;
}

/** `axes.ridge[3]` */
function pathText(path: Issue["path"]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`,
    "",
  );
}

/** The line of the deepest part of the path that the file has. */
function lineOf(document: Document, lines: LineCounter, path: Issue["path"]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const last = path[depth - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
      const range = isScalar(pair?.key) ? pair.key.range : undefined;
      if (range !== undefined && range !== null) return lines.linePos(range[0]).line;
    }
    const node = document.getIn(path.slice(0, depth), true);
    if (isScalar(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  const start = document.contents?.range?.[0];
  return start === undefined ? 1 : lines.linePos(start).line;
}

/** What was probably meant; `given` is the text that stands at the issue's path. */
function hint(issue: Issue, given: unknown): string {
  if (issue.message !== "unknown key") {
    const meant = issue.options === undefined || typeof given !== "string" ? undefined : nearest(given, issue.options);
    return meant === undefined ? "" : `: did you mean ${meant}?`;
  }
  const known = studyKeysAt(issue.path.slice(0, -1));
  const key = String(issue.path.at(-1));
  // A block may have several kinds, each with keys of its own.
  if (known.includes(key)) return ": it belongs to another kind of this block";
  const close = nearest(key, known);
  return close === undefined ? `: expected one of ${known.join(", ")}` : `: did you mean ${close}?`;
}

/** What stands at a path; what stands above it, where that is no block, as `kernel: rfb` for `kernel.name`. */
function valueAt(content: unknown, path: Issue["path"]): unknown {
  let value = content;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return value;
    value = Reflect.get(value, part);
  }
  return value;
}

/** Characters of a value that a complaint repeats. */
const SHOWN_MAX = 60;

/** `, got …`, where a message says what was expected and not what came. */
function got(value: unknown, { message }: Issue): string {
  if (!message.startsWith("expected ") || message.includes(", got ")) return "";
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return "";
  // JSON has no NaN and no Infinity.
  const text = value === undefined || value === null ? "nothing" : typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > SHOWN_MAX ? "" : `, got ${text}`;
}
