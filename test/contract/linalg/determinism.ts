// The same provider on the same input gives the same bits, whatever else runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { OpenOptions } from "../../../worker/linalg/choose.ts";
import type { LinalgProvider } from "../../../worker/linalg/provider.ts";
import { hashOfWorkload } from "./workload.ts";

export function examineDeterminism(open: () => LinalgProvider, options: OpenOptions): void {
  test("repeating all verbs gives the same bits, also from a provider opened again", () => {
    const [first, second] = [open(), open()];
    const expected = hashOfWorkload(first, 0);
    assert.equal(hashOfWorkload(first, 0), expected);
    assert.equal(hashOfWorkload(second, 0), expected);
  });

  test("bits do not depend on where in a buffer the data lies", () => {
    const provider = open();
    const expected = hashOfWorkload(provider, 0);
    for (const shift of [1, 2, 3, 5, 8]) {
      assert.equal(hashOfWorkload(provider, shift), expected, `shifted by ${shift}`);
    }
  });

  test("two threads that compute at once get the bits of one alone", async () => {
    const provider = open();
    const expected = Array.from({ length: 5 }, () => hashOfWorkload(provider, 0));
    const workerData = { choice: provider.name, options };
    const both = await Promise.all([onThread(workerData), onThread(workerData)]);
    assert.deepEqual(both, [expected, expected]);
  });
}

async function onThread(workerData: object): Promise<unknown> {
  const worker = new Worker(new URL("thread.js", import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread left with ${code} and no hashes`)));
  });
}
