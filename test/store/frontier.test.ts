// The view krr_frontier against its definition, on random points with many ties.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openTestStore } from "../support/database.ts";
import { columnsOf } from "../../schema/experiments/registry.ts";
import { StudySpec } from "../../schema/study.ts";
import { mulberry } from "../krr/problems.ts";

const store = await openTestStore();
after(() => store.close());

interface Point {
  readonly count: number;
  readonly kappa: number;
  readonly accuracy: number;
  readonly success: number;
  readonly isOk: boolean;
}

function randomPoints(seed: number): Point[] {
  const random = mulberry(seed);
  const fifth = (): number => Math.floor(random() * 6) / 5;
  return Array.from({ length: 60 }, () => ({ count: Math.floor(random() * 3), kappa: random(),
    accuracy: fifth(), success: fifth(), isOk: random() > 0.1 }));
}

test("a point is on the frontier exactly if no other of its group is better", async () => {
  const points = randomPoints(11);
  await store.sql(
    `insert into study (key, name, experiment, experiment_version, identity, spec, plan, folder, points, jobs)
     values ('st_' || repeat('0', 16), 'front', 'krr', 1, repeat('0', 64), '{}', '{}', '.', ${points.length}, 1)`,
    { write: true },
  );
  const id = (await store.sql("select id from study")).rows[0]?.[0];
  const spec = StudySpec.parse({ experiment: "krr", name: "front", kernel: "linear",
    data: { source: "glyphs", train: 5, test: 5 }, axes: { gradient_penalty: [0] },
    attack: { kind: "clones", trigger: { kind: "cross" } } });
  const names = columnsOf(spec).map(({ name }) => name);
  const values = points.map((point, index) => {
    const own: Record<string, number> = { poison_count: point.count, clean_accuracy: point.accuracy,
      gradient_penalty: point.kappa, attack_success_rate: point.success };
    const status = point.isOk ? "ok" : "non_finite";
    return `(${[String(id), index, 0, `'${status}'`, ...names.map((name) => own[name] ?? 0)].join(", ")})`;
  });
  await store.sql(`insert into krr_result (study, point, job, status, ${names.join(", ")})
    values ${values.join(", ")}`, { write: true });
  const { rows } = await store.sql("select point, is_pareto from krr_frontier where study = 'front'");
  const marked = new Map(rows.map(([point, isPareto]) => [Number(point), String(isPareto)]));
  const ok = points.filter(({ isOk }) => isOk);
  assert.equal(marked.size, ok.length);
  let front = 0;
  points.forEach((point, index) => {
    if (!point.isOk) return;
    const isBeaten = ok.some((other) => other.count === point.count &&
      other.success <= point.success && other.accuracy >= point.accuracy &&
      (other.success < point.success || other.accuracy > point.accuracy));
    front += isBeaten ? 0 : 1;
    assert.equal(marked.get(index), String(!isBeaten), `point ${index}`);
  });
  assert.ok(front >= 3 && front < ok.length / 2, `${front} on the frontier`);
});
