// How many threads a machine's memory is enough for.
import assert from "node:assert/strict";
import test from "node:test";
import { planStudy } from "../../coordinator/plan.ts";
import { threadsThatFit } from "../../coordinator/resources.ts";
import type { DataDescription } from "../../schema/data.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { parseStudy } from "../../schema/study.ts";
import { orderOf } from "../support/orders.ts";

const cifar: DataDescription = { fingerprint: "0".repeat(64), dimension: 3072, classes: 10, image: [32, 32, 3],
  trainRows: 50_000, testRows: 10_000, shared: false, files: [] };

function order(train: number): StudyOrder {
  const parsed = parseStudy({ name: "net", experiment: "cnn", model: "small",
    data: { source: "cifar10", train, test: 10_000 }, attack: { trigger: { kind: "cross" } },
    fixed: { epochs: 1 }, axes: { poison_rate: [0] } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return orderOf(parsed.spec, planStudy(parsed.spec), cifar);
}

test("a network's rows decide how many threads run, and too little memory for one is refused with sizes", () => {
  // 50,000 training and 10,000 test images of 3,072 numbers, 12 bytes each, and 8 more for test rows.
  const bytes = 3072 * (12 * 60_000 + 8 * 10_000);
  assert.equal(threadsThatFit(order(50_000), 16, 4.1 * (bytes / 0.8)), 4);
  assert.equal(threadsThatFit(order(1_000), 16, 16e9), 16);
  assert.throws(() => threadsThatFit(order(50_000), 1, bytes), /data\.train: a job with 50000 training rows needs 2\.29 GiB of memory, this machine has 2\.29 GiB/);
});
