import assert from "node:assert/strict";
import test from "node:test";
import { Recent } from "../../worker/recent.ts";

test("what was used least recently is made anew, the rest is kept", () => {
  const made: string[] = [];
  const recent = new Recent<string, object>(2);
  const use = (key: string): object => recent.get(key, () => {
    made.push(key);
    return {};
  });
  const [a] = [use("a"), use("b")];
  assert.equal(use("a"), a);
  use("c"); // b goes
  assert.equal(use("a"), a);
  use("b");
  assert.deepEqual(made, ["a", "b", "c", "b"]);
});

test("a value that failed is dropped, and one made after it is not", () => {
  const recent = new Recent<string, { readonly time: number }>(2);
  const first = recent.get("a", () => ({ time: 1 }));
  recent.drop("a", first);
  const second = recent.get("a", () => ({ time: 2 }));
  recent.drop("a", first);
  assert.equal(recent.get("a", () => ({ time: 3 })), second);
});
