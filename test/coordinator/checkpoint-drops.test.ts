// Which checkpoints a coordinator drops from the queue, and when.
import assert from "node:assert/strict";
import test from "node:test";
import { CheckpointDrops } from "../../coordinator/checkpoint-drops.ts";
import type { AgendaItem } from "../../coordinator/store/port.ts";
import { type StudyKey, StudyKey as StudyKeySchema, type StudyOrder } from "../../schema/job.ts";
import { parseStudy } from "../../schema/study.ts";
import { noopOrder } from "../support/orders.ts";

const parsed = parseStudy({ name: "net", experiment: "linear", data: { source: "glyphs", train: 40, test: 20 },
  attack: { trigger: { kind: "cross" } }, training: { batch: 20 }, fixed: { epochs: 2 }, axes: { poison_rate: [0, 0.1] } });
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
const plain = noopOrder({ points: 4, perJob: 1 });
const key = (digit: string): StudyKey => StudyKeySchema.parse(`st_000000000000000${digit}`);
const trained = (digit: string): StudyOrder => ({ ...plain, key: key(digit), spec: parsed.spec });

function setUp(agenda: readonly AgendaItem[] = []) {
  const dropped: string[] = [];
  const drops = new CheckpointDrops({
    queue: { dropCheckpoints: async (study, number) => void dropped.push(`${study.at(-1)}${number === undefined ? "" : `/${number}`}`) },
    store: { agenda: async () => agenda },
    trouble: (error) => assert.fail(String(error)),
  });
  return { drops, dropped };
}

test("a job's checkpoint goes with its last row, and nothing is asked for studies that train nothing", () => {
  const { drops, dropped } = setUp();
  drops.add(trained("1"));
  drops.add(plain);
  drops.settle({ finished: [{ study: key("1"), number: 3 }, { study: plain.key, number: 0 }, { study: key("2"), number: 1 }] });
  drops.complete(key("1"));
  drops.complete(plain.key);
  assert.deepEqual(dropped, ["1/3", "1"]);
});

test("a cancelled study's go once, whoever led when it was cancelled; an active or paused one's stay", async () => {
  const desired = ["active", "paused", "cancelled"] as const;
  const { drops, dropped } = setUp(desired.map((one, index) =>
    ({ key: key(String(index)), desired: one, priority: 0, isOpen: true })));
  await drops.refresh();
  await drops.refresh();
  assert.deepEqual(dropped, ["2"]);
  drops.add(trained("2")); // resumed, and cancelled again
  await drops.refresh();
  assert.deepEqual(dropped, ["2", "2"]);
});
