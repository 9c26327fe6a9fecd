// What a test cannot go on without.
import assert from "node:assert/strict";

export function there<T>(value: T | null | undefined): T {
  assert.ok(value !== null && value !== undefined);
  return value;
}
