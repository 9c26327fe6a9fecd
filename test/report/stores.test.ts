// Reports of studies with missing parts, on both databases: every query of every figure and law.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { reportPage } from "../../coordinator/report/page.ts";
import { makeReport } from "../../coordinator/report/report.ts";
import { FIGURES, LAWS } from "../../coordinator/report/contents.ts";
import { verdictOf } from "../../coordinator/report/law.ts";
import { planStudy } from "../../coordinator/plan.ts";
import { openStore } from "../../coordinator/store/open.ts";
import { openTestStore } from "../support/database.ts";
import type { Store, StoredStudy } from "../../coordinator/store/port.ts";
import { identityOf } from "../../schema/identity.ts";
import { parseStudy } from "../../schema/study.ts";
import { orderOf } from "../support/orders.ts";
import { skipWithoutPostgres, startPostgres } from "../support/postgres.ts";

const krr = { experiment: "krr", data: { source: "glyphs", train: 50, test: 100 }, kernel: "rbf",
  attack: { kind: "clones", trigger: { kind: "cross" } }, fixed: { ridge: 0.01 } };
const network = { data: { source: "glyphs", train: 50, test: 100 }, attack: { trigger: { kind: "patch" } },
  training: { batch: 10 }, fixed: { epochs: 2, learning_rate: 0.1 }, axes: { gradient_penalty: [0, 1], poison_rate: [0, 0.1] } };
const length = { length_scale: [1, 2] };
const FILES: readonly object[] = [
  { ...krr, name: "seen", curvature: { references: 40 }, axes: { ...length, poison_count: [0, 1] } },
  { ...krr, name: "near", curvature: {}, axes: { poison_count: [0, 1], probe_distance: [0.1, 1] } , fixed: { ridge: 0.01, length_scale: 2 } },
  { ...krr, name: "screened", screening: { probes: 5, blends: 5, partitions: 3 }, axes: { ...length, poison_count: [0, 1] } },
  { ...krr, name: "penalised", axes: { ...length, poison_count: [0, 1], gradient_penalty: [0, 1] } },
  { ...krr, name: "distinct", attack: { ...krr.attack, kind: "added" }, axes: { ...length, poison_rate: [0, 0.1] } },
  { ...krr, name: "smoothed", axes: { length_scale: [3, 5, 7], poison_count: [0, 1], gradient_penalty: [0, 8, 12] } },
  { ...krr, name: "fewer", axes: { poison_count: [0, 1, 2] }, fixed: { ridge: 0.01, length_scale: 3 } },
  { ...krr, name: "more", data: { ...krr.data, train: 60 }, axes: { poison_count: [0, 1, 2] }, fixed: { ridge: 0.01, length_scale: 3 } },
  { ...krr, name: "normal", data: { source: "gaussian", train: 40, test: 20, dimension: 10, mean_norm: 1 }, kernel: "linear",
    attack: { kind: "added", trigger: { kind: "additive", vector: [0, 2] } }, axes: { poison_count: [0, 4] } },
  { ...krr, name: "flat", kernel: "linear", axes: { poison_count: [0, 1, 2] } },
  { ...network, experiment: "linear", name: "softmax" },
  { ...network, experiment: "cnn", model: "small", name: "network" },
  { experiment: "noop", name: "nothing", axes: { x: [1, 2], y: [1, 2, 3] } },
];

async function stored(store: Store): Promise<StoredStudy[]> {
  const studies: StoredStudy[] = [];
  for (const file of FILES) {
    const parsed = parseStudy(file);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    const order = orderOf(parsed.spec, planStudy(parsed.spec));
    studies.push(await store.ensureStudy(order, identityOf(parsed.spec, null)));
  }
  return studies;
}

async function emptyReport(store: Store): Promise<string> {
  const studies = await stored(store);
  const report = await makeReport(store, studies);
  // Nothing was measured: all figures say so, and no query failed on an empty table.
  assert.equal(report.figures.length, FIGURES.length + 1);
  assert.deepEqual(report.untested, []);
  for (const { id, problem } of report.figures) assert.equal(problem, "No row has what this needs, so far.", id);
  assert.equal(report.laws.length, LAWS.length);
  for (const { law, findings, problem } of report.laws) {
    assert.equal(problem, "", law.id);
    for (const { verdict } of findings) assert.equal(verdict, "not tested", law.id);
  }
  return reportPage(report, { program: "nearclone", database: "here" });
}

const memory = await openTestStore();
after(() => memory.close());
const pages = new Map<string, string>();

test("studies without rows have a report that says what is missing", async () => {
  const page = await emptyReport(memory);
  pages.set("memory", page);
  assert.match(page, /The study is not complete/);
  assert.match(page, /4 missing/);
});

test("a Postgres server gives the same page", { skip: skipWithoutPostgres }, async () => {
  const server = await startPostgres();
  const store = await openStore(server.url);
  try {
    assert.equal(await emptyReport(store), pages.get("memory"));
  } finally {
    await store.close();
    server.remove();
  }
});

test("a report of one study leaves out what it cannot test, and lists it", async () => {
  const flat = await memory.study("flat");
  assert.ok(flat !== null);
  const report = await makeReport(memory, [flat]);
  assert.deepEqual(report.laws.map(({ law }) => law.id), ["efficacy-law", "saturation"]);
  const page = reportPage(report, { program: "nearclone", database: "here" });
  assert.ok(page.includes(`Not tested by these studies: ${LAWS.length - 2} laws`));
});

test("a hostile name is text in the page and a literal in the SQL", async () => {
  const flat = await memory.study("flat");
  assert.ok(flat !== null);
  const name = `x' or 1=1; --</td><script>`;
  const hostile = { ...flat, order: { ...flat.order, spec: { ...flat.order.spec, name } } };
  const report = await makeReport(memory, [hostile]);
  for (const { problem } of report.laws) assert.equal(problem, "");
  for (const { sql } of report.laws) assert.ok(sql.includes(`'x'' or 1=1; --</td><script>'`), sql);
  assert.doesNotMatch(reportPage(report, { program: "nearclone", database: "here" }), /<script/);
});

test("a query that fails leaves a note in its place", async () => {
  const studies = (await memory.studies()).filter(({ order }) => order.spec.name === "seen");
  const report = await makeReport(memory, studies);
  const broken = new Set(["efficacy"]);
  const failing: Store = Object.assign(Object.create(memory), {
    sql: (query: string, options: object) =>
      memory.sql(query.includes("avg(delta_f_law) as delta_f_law\nfrom krr") ? "select no_such_column from krr" : query, options),
  });
  const noted = await makeReport(failing, studies);
  assert.equal(noted.figures.length, report.figures.length);
  for (const { id, problem } of noted.figures) assert.equal(problem.startsWith("The query failed: sql: "), broken.has(id), id);
});

test("verdicts: worst within tolerance, else the mean, else not; none without a test", () => {
  const of = (tested: number, worst: number, mean: number) => verdictOf({ tested, worst, mean, tolerance: 0.1 });
  assert.equal(of(3, 0.1, 0.05), "holds");
  assert.equal(of(3, 0.2, 0.1), "holds on average");
  assert.equal(of(3, 0.2, 0.11), "does not hold here");
  assert.equal(of(3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), "holds on average");
  assert.equal(of(0, Number.NaN, Number.NaN), "not tested");
});
