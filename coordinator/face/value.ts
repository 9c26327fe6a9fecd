// A database value as text: exact, so that a program reading CSV or JSON gets the same number back.
//
// NaN, the infinities and -0 survive: JSON writes the first three as strings, as Postgres does.

/** Exact text of a value; "" for null. */
export function exactText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  return typeof value === "string" ? value : jsonText(value);
}

/** One line of JSON. */
export function jsonText(value: unknown): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return `"${value}"`;
    return exactText(value);
  }
  if (typeof value === "bigint") return String(value);
  if (value instanceof Date || value instanceof Uint8Array) {
    return JSON.stringify(exactText(value));
  }
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${jsonText(field)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** A field of a CSV file (RFC 4180). */
export function csvField(value: unknown): string {
  const text = exactText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
