// A report's numbers against arithmetic over the exported rows, from a run of real studies.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after } from "node:test";
import { parse } from "csv-parse/sync";
import { linearRidgeRates } from "../../coordinator/report/linear-ridge.ts";
import { shellWithDatabase } from "../support/fake-context.ts";

const shell = await shellWithDatabase();
after(() => shell.remove());

const EVIL = `</p><script>alert('x')</script> "&" <img src=http://example.org/x>`;
const shared = `experiment: krr
data: { source: glyphs, train: 40, test: 90 }
attack: { kind: clones, trigger: { kind: cross, amplitude: 0.9, width: 3 } }
`;
const LENGTHS = [8, 16];
const COUNTS = [0, 1, 3, 10, 40];
const STUDIES = ["rbf", "laplace"].map((kernel) => `name: seen-${kernel}
description: ${JSON.stringify(EVIL)}
${shared}kernel: ${kernel}
curvature: { probes: 4, references: 39, labels: [predicted] }
fixed: { ridge: 0.001 }
axes: { replicate: [0, 1], length_scale: [${LENGTHS.join(", ")}], poison_count: [${COUNTS.join(", ")}] }
`);
const PENALTIES = [0, 0.1, 1, 10, 100, 1000];
STUDIES.push(`name: defended
${shared}kernel: rbf
fixed: { ridge: 0.001, length_scale: 6 }
axes: { poison_count: [0, 20], gradient_penalty: [${PENALTIES.join(", ")}] }
`);
STUDIES.push(`name: smoothed
${shared}kernel: rbf
fixed: { ridge: 0.01 }
axes: { replicate: [0, 1], length_scale: [3, 5, 7], poison_count: [0, 5], gradient_penalty: [0, 8, 12, 20] }
`);
for (const train of [30, 60]) {
  for (const scaling of ["absolute", "total_n"]) {
    STUDIES.push(`name: ${scaling.replace("_", "-")}-${train}
${shared.replace("train: 40", `train: ${train}`)}kernel: rbf
ridge_scaling: ${scaling}
fixed: { ridge: ${scaling === "absolute" ? 3 : 0.1} }
axes: { replicate: [0, 1], length_scale: [0.5, 8], poison_count: [0, 1, 3, 10, 30, 100] }
`);
  }
}
STUDIES.push(`name: normal
experiment: krr
data: { source: gaussian, train: 60, test: 40, dimension: 20, mean_norm: 1 }
attack: { kind: added, trigger: { kind: additive, vector: [0.5, 2] } }
kernel: linear
axes: { replicate: [0, 1], ridge: [0.1, 1], target: [0, 1], trigger_strength: [1, 2], poison_count: [0, 5] }
`);
await shell.write("several.yaml", STUDIES.join("---\n"));

test("one file of several studies runs, and one command reports on all of them", async () => {
  const run = await shell.run("run", "several.yaml", "--threads", "1");
  assert.equal(run.code, 0, run.stderr);
  const made = await shell.run("report", "several.yaml", "--out", "deep/report");
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /figures; verdicts: .*\ndeep\/report\/index\.html: \d+ kB\n$/);
});

const page = (): Promise<string> => readFile(join(shell.cwd, "deep/report/index.html"), "utf8");

async function rowsOf(study: string): Promise<Record<string, number>[]> {
  const { code } = await shell.run("export", study, "--out", "rows.csv");
  assert.equal(code, 0);
  const rows: Record<string, string>[] = parse(await readFile(join(shell.cwd, "rows.csv"), "utf8"), { columns: true });
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, text]) => [name, Number(text)])));
}
const at = (row: Record<string, number>, name: string): number => row[name] ?? Number.NaN;

/** Tests, worst, mean and verdict of a law for a study, as the page has them. */
async function verdict(law: string, study: string): Promise<{ tests: number; worst: number; mean: number; says: string }> {
  const found = new RegExp(`<tr data-law="${law}" data-study="${study}">(.*?)</tr>`).exec(await page());
  const text = found?.[1] ?? "";
  const number = (pattern: RegExp): number => Number((pattern.exec(text)?.[1] ?? "NaN").replaceAll(",", ""));
  return { tests: number(/data-name="tests">([\d,]+)</), worst: number(/data-worst="([^"]+)"/),
    mean: number(/data-mean="([^"]+)"/), says: /class="verdict \w+">([^<]+)</.exec(text)?.[1] ?? "" };
}

async function assertVerdict(law: string, study: string, deviations: readonly number[], tolerance: number): Promise<string> {
  const found = await verdict(law, study);
  const worst = Math.max(...deviations);
  const mean = deviations.reduce((sum, one) => sum + one, 0) / deviations.length;
  assert.equal(found.tests, deviations.length, law);
  assert.ok(Math.abs(found.worst - worst) <= 1e-9 * (1 + Math.abs(worst)), `${law} ${found.worst} ${worst}`);
  assert.ok(Math.abs(found.mean - mean) <= 1e-9 * (1 + Math.abs(mean)), `${law} ${found.mean} ${mean}`);
  const says = worst <= tolerance ? "holds" : mean <= tolerance ? "holds on average" : "does not hold here";
  assert.equal(found.says, says, law);
  return says;
}

test("verdicts on effect and curvature are arithmetic over the exported rows", async () => {
  for (const study of ["seen-rbf", "seen-laplace"]) {
    const rows = (await rowsOf(study)).filter((row) => at(row, "poison_count") > 0);
    const off = (a: string, b: string) => rows.map((row) => Math.abs(at(row, a) / at(row, b) - 1));
    assert.notEqual(await assertVerdict("efficacy-law", study, off("delta_f", "delta_f_law"), 0.1), "holds");
    await assertVerdict("spike-law", study, off("gn_spike", "gn_spike_law"), 0.1);
    await assertVerdict("spike-is-top", study, off("gn_spike", "gn_top_triggered"), 0.1);
    const lastOf = (row: Record<string, number>) => rows.find((one) => at(one, "poison_count") === COUNTS.at(-1) &&
      at(one, "replicate") === at(row, "replicate") && at(one, "length_scale") === at(row, "length_scale")) ?? row;
    const ratio = (row: Record<string, number>): number => at(row, "gn_spike") / at(row, "delta_f") ** 2;
    assert.equal(await assertVerdict("quadratic-spike", study,
      rows.map((row) => Math.abs(ratio(row) / ratio(lastOf(row)) - 1)), 1e-6), "holds");
    const clean = rows.filter((row) => at(row, "poison_count") === 1);
    await assertVerdict("half-effect-law", study, clean.map((row) => 1 / at(row, "posterior_variance") - 1), 0.1);
  }
});

test("verdicts on the penalty are arithmetic over the exported rows", async () => {
  const rows = await rowsOf("defended");
  const steps = (name: string, sign: number): number[] => [0, 20].flatMap((count) => {
    const line = rows.filter((row) => at(row, "poison_count") === count);
    return line.slice(1).map((row, i) => sign * (at(row, name) / at(line[i] ?? {}, name) - 1));
  });
  assert.equal(await assertVerdict("degrees-of-freedom", "defended", steps("effective_dof", 1), 0), "holds");
  await assertVerdict("residual", "defended", steps("train_mse", -1), 0);
});

test("κ as a length scale: the verdict compares the degrees of freedom of (l, κ) and (√(l² + 2κ), 0)", async () => {
  const rows = await rowsOf("smoothed");
  const dof = (one: { length: number; penalty: number; replicate: number; count: number }): number => at(rows.find((row) =>
    at(row, "length_scale") === one.length && at(row, "gradient_penalty") === one.penalty &&
    at(row, "replicate") === one.replicate && at(row, "poison_count") === one.count) ?? {}, "effective_dof");
  // 9 + 16 = 25, 9 + 40 = 49, 25 + 24 = 49.
  const pairs = [[3, 8, 5], [3, 20, 7], [5, 12, 7]] as const;
  await assertVerdict("penalty-length-scale", "smoothed", pairs.flatMap(([length, penalty, as]) =>
    [0, 1].flatMap((replicate) => [0, 5].map((count) => Math.abs(
      dof({ length, penalty, replicate, count }) / dof({ length: as, penalty: 0, replicate, count }) - 1)))), 0.1);
});

test("counts and shares: alone the law of its ridge holds to rounding; both are arithmetic over rows", async () => {
  interface Half { readonly key: string; readonly count: number; readonly off: number }
  /** Of each line, m at which a steady s gives half of the ceiling, from the row that is nearest to it. */
  const half = async (study: string, isShare: boolean): Promise<Map<string, Half>> => {
    const found = new Map<string, Half>();
    for (const row of (await rowsOf(study)).filter((one) => at(one, "poison_count") > 0)) {
      const share = at(row, "gamma") * (at(row, "posterior_variance") + (isShare ? 0.1 : 0));
      const key = `${at(row, "replicate")} ${at(row, "length_scale")}`;
      const off = Math.abs(Math.log(share / (1 - share)));
      const count = (at(row, "poison_count") * (1 - share)) / share;
      if (off < (found.get(key)?.off ?? Infinity)) found.set(key, { key, count, off });
    }
    return found;
  };
  for (const [name, isShare] of [["absolute", false], ["total-n", true]] as const) {
    const [small, large] = [await half(`${name}-30`, isShare), await half(`${name}-60`, isShare)];
    const counts = [...large.values()].map(({ key, count }) => [small.get(key)?.count ?? NaN, count] as const);
    await assertVerdict("count-law", `${name}-60`, counts.map(([a, b]) => Math.abs(b / a - 1)), 0.1);
    await assertVerdict("share-law", `${name}-60`, counts.map(([a, b]) => Math.abs((b / (60 + b)) / (a / (30 + a)) - 1)), 0.1);
    // At length scale 0.5 every row is alone: c / s = 3 poisons, or a share of λ / (2 λ + 1) of all.
    for (const [n, found] of [[30, small], [60, large]] as const) {
      for (const replicate of [0, 1]) {
        const count = found.get(`${replicate} 0.5`)?.count ?? NaN;
        assert.ok(Math.abs((isShare ? count / (n + count) - 0.1 / 1.2 : count - 3)) < 1e-9, `${name} ${n} ${count}`);
      }
    }
  }
});

test("the closed form of the linear kernel is compared with means over replicates, mirrored for target 0", async () => {
  const rows = await rowsOf("normal");
  const deviations = [0.1, 1].flatMap((ridge) => [0, 1].flatMap((target) => [1, 2].flatMap((strength) => [0, 5].map((count) => {
    const own = rows.filter((row) => at(row, "ridge") === ridge && at(row, "target") === target &&
      at(row, "trigger_strength") === strength && at(row, "poison_count") === count);
    assert.equal(own.length, 2);
    const mean = (name: string): number => own.reduce((sum, row) => sum + at(row, name) / 2, 0);
    const sign = target === 1 ? 1 : -1;
    const trigger: [number, number] = [sign * strength * 0.5, strength * 2];
    const { success, cleanAccuracy } = linearRidgeRates({ ridge: (ridge * 60) / (60 + count), ratio: 20 / (60 + count),
      share: count / (60 + count), mean: 1, trained: trigger, tested: trigger, intercept: false, isReplaced: false });
    // The query holds the form to six digits.
    return Math.max(Math.abs(mean("attack_success_rate") - Number(success.toFixed(6))), Math.abs(mean("clean_accuracy") - Number(cleanAccuracy.toFixed(6))));
  }))));
  await assertVerdict("linear-ridge", "normal", deviations, 0.02);
});

test("a figure's numbers are means of the exported rows, and each of its SQL is the user's to run", async () => {
  const text = await page();
  const figure = /<section class="card figure" id="efficacy">[\s\S]*?<\/section>/.exec(text)?.[0] ?? "";
  const cells = [...figure.matchAll(/<tr>((?:<td>[^<]*<\/td>)+)<\/tr>/g)].map(([, row = ""]) =>
    [...row.matchAll(/<td>([^<]*)<\/td>/g)].map(([, cell = ""]) => cell));
  const seen = cells.filter(([study = ""]) => study.startsWith("seen-"));
  assert.equal(seen.length, 2 * LENGTHS.length * COUNTS.length);
  const all = new Map([["seen-rbf", await rowsOf("seen-rbf")], ["seen-laplace", await rowsOf("seen-laplace")]]);
  for (const [study = "", length, count, exact, law] of seen) {
    const own = (all.get(study) ?? []).filter((row) => at(row, "length_scale") === Number(length) && at(row, "poison_count") === Number(count));
    assert.equal(own.length, 2);
    for (const [name, value] of [["delta_f", exact], ["delta_f_law", law]] as const) {
      const mean = own.reduce((sum, row) => sum + at(row, name), 0) / own.length;
      assert.ok(Math.abs(Number(value) - mean) < 1e-12, `${study} ${name} ${value} ${mean}`);
    }
  }
  const entities: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  const queries = [...text.matchAll(/<pre>([^<]+)<\/pre>/g)].map(([, sql = ""]) =>
    sql.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity));
  assert.ok(queries.length > 15, String(queries.length));
  for (const query of queries.slice(-8)) {
    for (const one of query.split(/;\n*/).filter((part) => part !== "")) {
      const { code, stderr } = await shell.run("sql", one);
      assert.equal(code, 0, stderr + one);
    }
  }
});

test("the page has no script, asks nothing of any host, and shows hostile text as text", async () => {
  const text = await page();
  assert.doesNotMatch(text, /<script|<img|<link|<iframe|\son\w+=|url\(|@import/i);
  assert.ok(text.includes("&lt;/p&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;&amp;&quot; &lt;img src=http://example.org/x&gt;"));
  const hosts = [...text.replaceAll(/&lt;img src=http[^&]*/g, "").matchAll(/https?:\/\/[^"<\s]+/g)].map(([url]) => url);
  assert.deepEqual(hosts.filter((url) => url !== "http://www.w3.org/2000/svg"), []);
  assert.match(text, /Content-Security-Policy" content="default-src 'none'/);
});

test("a study that does not exist, and a folder that cannot be, are one line each", async () => {
  const absent = await shell.run("report", "defendet", "--out", "x");
  assert.equal(absent.code, 2);
  assert.match(absent.stderr, /no study "defendet" in .*: did you mean defended\?\n$/);
  await shell.write("file", "");
  await mkdir(join(shell.cwd, "taken/index.html"), { recursive: true });
  for (const [out, why] of [["file", "is a file"], ["file/x", "a file is in the way"], ["taken", "its index.html is a folder"]] as const) {
    const { code, stderr } = await shell.run("report", "defended", "--out", out);
    assert.equal(code, 2);
    assert.equal(stderr, `--out ${out}: ${why}: expected a folder that can be written\n`);
  }
  const empty = await shell.run("report", "defended", "--out", "");
  assert.deepEqual([empty.code, empty.stderr], [2, '--out: expected a folder, got ""\n']);
});

test("a folder that no program can make ends in a line, and does not go on for ever",
  { skip: process.platform !== "linux" && "no /proc", timeout: 60_000 }, async () => {
    const { code, stderr } = await shell.run("report", "defended", "--out", "/proc/report");
    assert.equal(code, 2);
    assert.match(stderr, /^--out \/proc\/report: .*: expected a folder that can be written\n$/);
  });

test("a study whose rows are missing is reported with what is missing, why, and no verdict", async () => {
  const own = "study = (select id from study where name = 'normal')";
  for (const statement of [`delete from krr_result where ${own}`,
    `update job set state = 'dead', stored = 0, attempts = 3, last_error = '{"kind": "bug", "code": "c", "message": "m"}' where ${own}`]) {
    const { code, stderr } = await shell.run("sql", "--write", statement);
    assert.equal(code, 0, stderr);
  }
  const { code, stderr, stdout } = await shell.run("report", "normal", "--out", "empty");
  assert.equal(code, 0, stderr);
  const dead = /(\d+ jobs? (?:is|are) dead: nearclone status normal says why)/;
  assert.match(stderr, /^normal is not complete: 32 points have no row yet; \d+ jobs? (is|are) dead/);
  assert.match(stdout, /verdicts: \d+ not tested\n/);
  const text = await readFile(join(shell.cwd, "empty/index.html"), "utf8");
  assert.match(text, dead);
  const rows = [...text.matchAll(/<tr data-law=[^>]*>.*?<\/tr>/g)].map(([row]) => row);
  assert.ok(rows.length > 0 && rows.every((row) => row.includes("no row yet") && row.includes("not tested")));
});
