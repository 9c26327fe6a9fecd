// Which route a device takes: measured once, recorded in the plan, followed by every job.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { measuredRoute, residentRoute } from "../../schema/experiments/krr-device.ts";
import type { Plan } from "../../schema/plan.ts";
import { StudySpec } from "../../schema/study.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { measureBreakEven } from "../../worker/experiments/krr/resident/break-even.ts";
import { openCuda } from "../../worker/linalg/cuda.ts";
import { orderOf, type Problem, randomPool, sharedBoxes } from "../krr/problems.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";
import { shellWithDatabase } from "../support/fake-context.ts";

const skip = whyNoFake() ?? false;
const fake = skip === false ? buildFakeCuda() : null;
const shell = await shellWithDatabase(fake?.variables ?? {});
after(() => shell.remove());

const RIDGES = [1e-3, 1e-2, 1e-1, 1];
const STUDY = `name: routes
experiment: krr
data: { source: glyphs, train: 30, test: 12 }
attack: { kind: clones, trigger: { kind: cross } }
kernel: rbf
axes: { length_scale: [1], ridge: [${RIDGES.join(", ")}], poison_count: [1] }
`;

test("the nearest measured order below n decides, or the smallest", () => {
  const measured = [{ order: 4000, ridges: 20 }, { order: 500, ridges: 90 }, { order: 1000, ridges: 60 }];
  const route = (train: number, systems: number): string => measuredRoute(measured, { train, systems });
  assert.deepEqual([route(100, 89), route(100, 90)], ["potrf", "syevd"]);
  assert.deepEqual([route(999, 89), route(1000, 60), route(3999, 59)], ["potrf", "syevd", "potrf"]);
  assert.deepEqual([route(4000, 19), route(1e6, 20)], ["potrf", "syevd"]);
  assert.throws(() => measuredRoute([], { train: 1, systems: 1 }), RangeError);
});

test("a plan without a device's route goes by its own and by the ridges", () => {
  assert.deepEqual([residentRoute({}, { route: "tridiagonal" }, 63), residentRoute({}, { route: "tridiagonal" }, 64)], ["potrf", "syevd"]);
  assert.equal(residentRoute({}, { route: "eigen" }, 1), "syevd");
  assert.equal(residentRoute({}, { route: "eigen", deviceRoute: "potrf" }, 100), "potrf");
  assert.equal(residentRoute({ precision: "mixed" }, { route: "cholesky", deviceRoute: "syevd" }, 100), "potrf");
});

test("jobs take the route that the plan records", { skip }, () => {
  const spec = StudySpec.parse({ experiment: "krr", name: "routes", kernel: "rbf",
    data: { source: "glyphs", train: 20, test: 5 }, attack: { kind: "clones", trigger: { kind: "additive", vector: [1] } },
    axes: { length_scale: [1], ridge: RIDGES, poison_count: [1] } });
  assert.ok(spec.experiment === "krr");
  const problem: Problem = { spec, classes: 3, dimension: 4, pool: randomPool(4, 3) };
  const linalg = openCuda(fake!.variables).provider;
  assert.ok(linalg !== null);
  for (const deviceRoute of ["potrf", "syevd"] as const) {
    const order = orderOf(problem, "tridiagonal");
    const plan: Plan = { ...order.plan, deviceRoute };
    const bench = krr.prepare({ ...order, plan }, sharedBoxes(spec)[0]!, { linalg, pool: problem.pool });
    assert.equal(bench.detail, `${deviceRoute}, float64`);
    bench.release?.();
  }
});

test("measuring stops before an order that would take longer than is left", { skip }, () => {
  const { provider } = openCuda(fake!.variables);
  assert.ok(provider?.device !== undefined);
  const before = fake!.used();
  // Every look at this clock is a millisecond.
  let ms = 0;
  const orders = [8, 16, 32, 64];
  const measured = (budgetMs: number): number[] => {
    ms = 0;
    return measureBreakEven(provider.device, { orders, budgetMs, now: () => ++ms }).map(({ order }) => order);
  };
  assert.deepEqual(measured(0), [8]);
  assert.deepEqual(measured(1e9), orders);
  const [first] = measureBreakEven(provider.device, { orders: [8], budgetMs: 0, now: () => ++ms });
  assert.ok(first!.ridges === Math.ceil(first!.syevdSeconds / first!.potrfSeconds) && first!.ridges >= 1);
  assert.equal(fake!.used(), before);
});

test("doctor shows the GPU, what it can do, and keeps where its routes break even for plans", { skip }, async () => {
  await shell.write("study.yaml", STUDY);
  const plan = async (...args: readonly string[]): Promise<Plan> => {
    const { code, stdout, stderr } = await shell.run("plan", "study.yaml", "--json", ...args);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).plan;
  };
  assert.equal((await plan()).deviceRoute, undefined);
  assert.equal((await plan("--gpu-route", "syevd")).deviceRoute, "syevd");

  const { code, stdout } = await shell.run("doctor");
  assert.equal(code, 0, stdout);
  assert.match(stdout, /✓ gpu {2,}0: Fake GPU, 1\.1 GB of 4\.3 GB used, 90 % busy; 1: Fake GPU, .*; driver 550\.54\.15/);
  assert.match(stdout, /✓ gpu routes {2,}eigenvectors, not factors, from \d+ ridges at 500 rows/);
  assert.match(stdout, /^ *cuda +[\d.]+ +[\d.]+ +[\d.]+ +Fake GPU \(sm_90, 1\.00 GiB\), CUDA 12\.4, driver for 12\.8, /m);
  const measured = await plan();
  const [, ridges] = /factors, from (\d+) ridges at 500 rows/.exec(stdout) ?? [];
  assert.equal(measured.deviceRoute, RIDGES.length >= Number(ridges) ? "syevd" : "potrf");
  const words = await shell.run("plan", "study.yaml");
  assert.match(words.stdout, new RegExp(`on a GPU ${measured.deviceRoute}, .* \\(recorded in the plan\\)`));
});

test("a broken file of measured routes is named with what to do", async () => {
  await shell.write("study.yaml", STUDY);
  const folder = join(shell.cwd, ".cache/nearclone");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "gpu-routes.json"), "{}");
  const { code, stderr } = await shell.run("plan", "study.yaml");
  assert.equal(code, 2);
  assert.match(stderr, /gpu-routes\.json: expected what nearclone doctor writes on a machine with a GPU: remove it, or run doctor again/);
});
