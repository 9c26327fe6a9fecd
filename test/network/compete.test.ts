// Median pruning: who ends at a rung, that it depends on the job alone, and that nothing else moves.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { planStudy } from "../../coordinator/plan.ts";
import { type ResultBlock, STATUSES } from "../../schema/column.ts";
import { parseStudy } from "../../schema/study.ts";
import { memoryCheckpoints } from "../../worker/checkpoint/memory.ts";
import { rungsOf } from "../../worker/experiments/network/compete.ts";
import { openBackend, type TensorBackend } from "../../worker/tensor/backend.ts";
import { runJob, smallStudy } from "./support.ts";

let backend: TensorBackend;
before(async () => {
  backend = await openBackend("wasm");
});

const RATES = [0.3, 0.1, 0.03, 0.01, 1e-4];
const content = {
  experiment: "linear", data: { source: "glyphs", train: 60, test: 40, noise: 0.2, standardise: "global" },
  attack: { trigger: { kind: "cross" } }, measure: { probes: 0, every: 3 }, training: { batch: 20 },
  fixed: { epochs: 8, poison_rate: 0.1 }, axes: { learning_rate: RATES },
};
const pruned = (metric: string) => ({
  ...content, training: { ...content.training, checkpoint_every: 1, prune: { along: ["learning_rate"], metric, at: [0.25, 0.5] } },
});

/** The curve of one point, as rows of name to value. */
function curveOf(block: ResultBlock, point: number): Record<string, number>[] {
  const { point: points, columns } = block.series!["network_curve"]!;
  return [...points.keys()].filter((row) => points[row] === point)
    .map((row) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row]!])));
}

const statuses = (block: ResultBlock): string[] => [...block.status].map((code) => STATUSES[code]!);

test("at each rung those worse than the median of the runs that are left end, by the metric asked for", async () => {
  for (const metric of ["clean_accuracy", "test_loss"]) {
    const block = await runJob(await smallStudy(pruned(metric), ".", RATES.length), 0, { backend });
    const better = metric === "test_loss" ? -1 : 1;
    const score = (point: number, epoch: number): number => {
      const row = curveOf(block, point).find((one) => one["epoch"] === epoch);
      assert.ok(row !== undefined, "rungs are measured, although measure.every passes them over");
      return better * row[metric]!;
    };
    // Again, by counting: a run goes on if no more than half of the others are strictly better…
    let left = [...RATES.keys()];
    for (const epoch of [2, 4]) {
      const middle = left.map((point) => score(point, epoch)).sort((a, b) => a - b);
      const [low, high] = [middle[Math.floor((middle.length - 1) / 2)]!, middle[Math.ceil((middle.length - 1) / 2)]!];
      const stay = left.filter((point) => score(point, epoch) >= (low + high) / 2);
      for (const point of left) {
        if (stay.includes(point)) continue;
        assert.equal(statuses(block)[point], "pruned");
        assert.equal(block.metrics["epochs_done"]![point], epoch);
        assert.equal(block.metrics[metric]![point], better * score(point, epoch), "the row is that of its last epoch");
      }
      left = stay;
    }
    assert.ok(left.length >= 1 && left.length < RATES.length);
    for (const point of left) assert.deepEqual([statuses(block)[point], block.metrics["epochs_done"]![point]], ["ok", 8]);
  }
});

test("a run that is not pruned has the bits that it has without pruning", async () => {
  const together = await runJob(await smallStudy(pruned("test_loss"), ".", RATES.length), 0, { backend });
  const winner = statuses(together).indexOf("ok");
  const alone = await runJob(await smallStudy(content), winner, { backend });
  for (const [name, values] of Object.entries(alone.metrics)) {
    if (/onset|lag/.test(name)) continue; // the rungs are more epochs to look at
    assert.deepEqual(together.metrics[name]![winner], values[0], name);
  }
});

test("a job killed between rungs and resumed prunes the same runs, with the same bits", async () => {
  const study = await smallStudy(pruned("clean_accuracy"), ".", RATES.length);
  const whole = await runJob(study, 0, { backend });
  const checkpoints = memoryCheckpoints();
  let told = 0;
  const killed = runJob(study, 0, { backend, checkpoints, progress() {
    if (++told === 9) throw new Error("killed");
  } });
  await assert.rejects(killed, /killed/);
  const resumed = await runJob(study, 0, { backend, checkpoints });
  assert.deepEqual(resumed, whole);
});

test("competing runs share a job, other axes do not, and rungs lie inside the run", () => {
  const parsed = parseStudy({ name: "p", ...pruned("test_loss"), fixed: { epochs: 8 },
    axes: { poison_rate: [0, 0.1], learning_rate: RATES } });
  assert.ok(parsed.ok);
  assert.deepEqual(planStudy(parsed.spec).chunk, [1, RATES.length]);
  assert.deepEqual(rungsOf({ along: ["x"], metric: "test_loss", at: [0.5, 0.01, 0.99, 0.3] }, 10), [1, 3, 5]);
  assert.deepEqual(rungsOf(undefined, 10), []);
});

test("pruning along what is no axis, along the replicate, or in jobs that are too small is refused", () => {
  const refusal = (along: string[], more: object = {}): string => {
    const study = { name: "p", ...pruned("test_loss"), ...more };
    const parsed = parseStudy({ ...study, training: { batch: 20, prune: { along } } });
    return parsed.ok ? "accepted" : parsed.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  };
  assert.equal(refusal(["learning_rate"]), "accepted");
  assert.equal(refusal(["poison_rate"]),
    "training.prune.along.0: expected one of the axes learning_rate, got poison_rate");
  assert.match(refusal(["replicate"], { axes: { learning_rate: RATES, replicate: [0, 1] } }), /expected one of the axes learning_rate, got replicate/);
  assert.match(refusal(["learning_rate"], { job_points: 4 }), /5 runs compete in one job: expected at most 4/);
});
