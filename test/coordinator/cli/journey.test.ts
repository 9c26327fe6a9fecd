// What a user does with a study, in order, on an embedded database in a folder of its own.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after } from "node:test";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { fakeShell } from "../../support/fake-context.ts";

const shell = await fakeShell();
after(() => shell.remove());

const STUDY = `name: journey
experiment: krr
data: { source: glyphs, train: 60, test: 40 }
attack: { kind: clones, trigger: { kind: cross } }
kernel: rbf
axes:
  length_scale: [2, 4, 8]
  ridge: { log: [0.001, 1], steps: 4 }
  poison_count: [0, 5, 20]
`;
await shell.write("journey.yaml", STUDY);

const Summary = z.object({
  study: z.literal("journey"),
  complete: z.boolean(),
  points: z.int(),
  stored: z.int(),
  computed: z.int(),
  highest: z.record(z.string(), z.number()),
  lowest: z.record(z.string(), z.number()),
  statuses: z.record(z.string(), z.int()),
});

/** Parses a program's JSON, as the program that reads it would. */
function json<Shape extends z.ZodType>(text: string, shape: Shape): z.infer<Shape> {
  return shape.parse(JSON.parse(text));
}

test("a first run computes every point and shows the picture, the extremes and the way on", async () => {
  const { code, stdout, stderr } = await shell.run("run", "journey.yaml", "--threads", "2");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /journey: 36 points in \d+ jobs?, into \.nearclone\/db/);
  assert.match(stdout, /^journey: 36 points stored in /);
  assert.match(stdout, /attack_success_rate at (length_scale|ridge) /);
  assert.match(stdout, /poison_count\n/);
  assert.match(stdout, /\nhighest +[\d.]+/);
  assert.match(stdout, /\nlowest +[\d.]+/);
  assert.match(stdout, /36 ok/);
});

/** The commands that a summary ends with. */
function nextCommands(stdout: string): string[][] {
  const found = [...stdout.matchAll(/nearclone ((?:sql|export|verify) .*)$/gm)];
  return found.map(([, line = ""]) =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ""));
}

test("a second run computes nothing, says so, and each command it names works", async () => {
  const { code, stdout, stderr } = await shell.run("run", "journey.yaml");
  assert.equal(code, 0);
  assert.match(stderr, /complete already: nothing to compute/);
  const commands = nextCommands(stdout);
  assert.equal(commands.length, 3, stdout);
  for (const args of commands) {
    const ended = await shell.run(...args);
    assert.equal(ended.code, 0, `${args.join(" ")}: ${ended.stderr}`);
  }
});

test("--json says the same for a program", async () => {
  const { stdout } = await shell.run("run", "journey.yaml", "--json");
  const summary = json(stdout, Summary);
  assert.equal(summary.complete, true);
  assert.equal(summary.stored, 36);
  assert.equal(summary.computed, 0);
  const { stdout: rows } = await shell.run(
    "sql", "--json", "select max(attack_success_rate) as high, min(attack_success_rate) as low from krr_result");
  const [extremes] = json(rows, z.array(z.object({ high: z.number(), low: z.number() })));
  assert.equal(summary.highest["attack_success_rate"], extremes?.high);
  assert.equal(summary.lowest["attack_success_rate"], extremes?.low);
});

test("export writes what sql shows, by the format that the file's name ends with", async () => {
  const { code, stdout } = await shell.run("export", "journey", "--out", "rows.csv");
  assert.equal(code, 0);
  assert.match(stdout, /^rows\.csv: 36 rows as csv, /);
  const exported: unknown = parse(await readFile(join(shell.cwd, "rows.csv")), { columns: true });
  const columns = "point, status, clean_accuracy, attack_success_rate";
  const queried = await shell.run("sql", `select ${columns} from krr_result order by point`, "-f", "csv");
  const wanted = z.array(z.object({
    point: z.string(), status: z.string(), clean_accuracy: z.string(), attack_success_rate: z.string(),
  }));
  assert.deepEqual(wanted.parse(exported), wanted.parse(parse(queried.stdout, { columns: true })));
  const nameless = await shell.run("export", "journey", "--out", "rows.txt");
  assert.equal(nameless.code, 2);
  assert.match(nameless.stderr, /rows\.txt: expected a name ending with \.csv, \.parquet, \.arrow/);
});

test("the three formats of sql agree", async () => {
  const query = "select point, status, ridge, clean_accuracy from krr_result order by point limit 5";
  const asJson = json((await shell.run("sql", query, "--json")).stdout,
    z.array(z.record(z.string(), z.union([z.string(), z.number()]))));
  const csv: unknown = parse((await shell.run("sql", query, "-f", "csv")).stdout, { columns: true });
  const texts = asJson.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [key, String(value)])));
  assert.deepEqual(csv, texts);
  const table = (await shell.run("sql", query)).stdout.trimEnd().split("\n");
  assert.deepEqual(table.slice(2).map((line) => line.trim().split(/\s+/)),
    texts.map((row) => Object.values(row)));
});

test("sql is read-only unless asked, and names the place of a mistake", async () => {
  const refused = await shell.run("sql", "delete from krr_result");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /read-only/);
  const wrong = await shell.run("sql", "select ridge,\n rigde from krr_result");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^sql: line 2, column 2: .*rigde/);
  assert.equal(wrong.stderr.trimEnd().split("\n").length, 1);
});

test("a table that is cut says so on standard error", async () => {
  const { code, stdout, stderr } = await shell.run("sql", "select point from krr_result", "--limit", "3");
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split("\n").length, 5);
  assert.match(stderr, /only the first 3 rows/);
});

test("status finds a study by name, key and file, and names the nearest to a misspelt one", async () => {
  const list = await shell.run("status", "--json");
  const [row] = json(list.stdout, z.array(z.object({ study: z.string(), stored: z.int(), done: z.number() })));
  assert.deepEqual(row, { study: "journey", stored: 36, done: 1 });
  const byName = await shell.run("status", "journey", "--json");
  const { key } = json(byName.stdout, z.object({ key: z.string() }));
  for (const name of [key, "journey.yaml"]) {
    assert.equal((await shell.run("status", name, "--json")).stdout, byName.stdout);
  }
  const misspelt = await shell.run("status", "jurney");
  assert.equal(misspelt.code, 2);
  assert.match(misspelt.stderr, /no study "jurney" in .*: did you mean journey\?/);
});

test("another study under the same name is refused, naming the field that differs", async () => {
  await shell.write("other.yaml", STUDY.replace("train: 60", "train: 61"));
  const { code, stderr } = await shell.run("run", "other.yaml");
  assert.equal(code, 2);
  assert.equal(stderr.trimEnd().split("\n").length, 1);
  assert.match(stderr, /^other\.yaml:1: name: study "journey" .*data\.train is 60 there, 61 here/);
});

test("verify finds every sampled point equal, and a changed one different", async () => {
  const equal = await shell.run("verify", "journey", "--sample", "36", "--json");
  assert.equal(equal.code, 0, equal.stderr);
  const verdict = z.object({ points: z.int(), equal: z.boolean() });
  assert.deepEqual(json(equal.stdout, verdict), { points: 36, equal: true });
  const changed = await shell.run("sql", "--write",
    "update krr_result set train_mse = train_mse * (1 + 2.3e-16) where point = 17");
  assert.equal(changed.code, 0, changed.stderr);
  const different = await shell.run("verify", "journey", "--sample", "36");
  assert.equal(different.code, 1);
  assert.match(different.stdout, /^train_mse +1 +\S+e-16 +17 /m);
});
