// What zod finds wrong with the shape of a study file, in the words of every other complaint: what
// was expected. The reader of the file adds what stands there instead.
import type { z } from "zod";
import type { Issue } from "./study.ts";

/** An issue of zod as one or several of a study file. */
export function issuesOf(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: [...path, key], message: "unknown key" }));
    case "invalid_union":
      return [unionIssue(issue, path)];
    case "invalid_value":
      return [valueIssue(issue, path)];
    case "invalid_type":
      return [{ path, message: isOwn(issue) ? issue.message : `expected ${typeWords(issue)}` }];
    case "too_small": {
      const sign = issue.inclusive === false ? ">" : "≥";
      return [{ path, message: `expected ${boundWords(issue.origin, sign, issue.minimum)}` }];
    }
    case "too_big": {
      const sign = issue.inclusive === false ? "<" : "≤";
      return [{ path, message: `expected ${boundWords(issue.origin, sign, issue.maximum)}` }];
    }
    case "custom":
    case "invalid_element":
    case "invalid_format":
    case "invalid_key":
    case "not_multiple_of":
      return [{ path, message: issue.message }];
  }
}

/** Whether the schema has words of its own for it: zod's begin with a capital. */
const isOwn = ({ message }: z.core.$ZodIssue): boolean => message.startsWith("expected ");

/** The member of a union that came furthest says best what is wrong. */
function unionIssue(issue: z.core.$ZodIssueInvalidUnion, path: Issue["path"]): Issue {
  if (isOwn(issue)) return { path, message: issue.message };
  const inner = issue.errors.flat().flatMap(issuesOf);
  const deepest = inner.sort((a, b) => b.path.length - a.path.length)[0];
  if (deepest !== undefined && deepest.path.length > 0) {
    return { ...deepest, path: [...path, ...deepest.path] };
  }
  if (!("options" in issue) || !Array.isArray(issue.options)) {
    return { path, message: `expected ${AXIS_FORMS}` };
  }
  const options = issue.options.flat().map(String);
  return { path, message: `expected one of ${options.join(", ")}`, options };
}

const AXIS_FORMS =
  "a list of numbers, { linear: [from, to], steps } or { log: [from, to], steps }";

function valueIssue(issue: z.core.$ZodIssueInvalidValue, path: Issue["path"]): Issue {
  if (isOwn(issue)) return { path, message: issue.message };
  const options = issue.values.map(String);
  const [only = ""] = options;
  const several = `expected one of ${options.join(", ")}`;
  if (options.length > 1) return { path, message: several, options };
  const message = only === "true" ? "expected true, or none of it" : `expected ${only}`;
  return { path, message, options };
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text", number: "a number", int: "an integer", boolean: "true or false",
  array: "a list", tuple: "a list", object: "a block of settings", record: "a block of settings",
};

function typeWords(issue: z.core.$ZodIssueInvalidType): string {
  // zod says what it received where a number is none that can be written down.
  const isNumber = "received" in issue && ["NaN", "Infinity"].includes(String(issue.received));
  return isNumber ? "a finite number" : (TYPES[issue.expected] ?? issue.expected);
}

/** `a number ≥ 1`, `at least 1 value`. */
function boundWords(
  origin: string,
  sign: ">" | "≥" | "<" | "≤",
  bound: number | bigint,
): string {
  if (origin === "number" || origin === "int") return `a number ${sign} ${bound}`;
  if (origin === "string") return "text";
  return `${sign === "≥" ? "at least" : "at most"} ${bound} ${bound === 1 ? "value" : "values"}`;
}
