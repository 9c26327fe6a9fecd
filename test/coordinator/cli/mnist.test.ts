// The command line from end to end on the real MNIST test files.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { promisify } from "node:util";
import { putDatabase } from "../../support/database.ts";
import { sharedData, skipWithout } from "../../support/shared.ts";
import { ROOT } from "../../support/source-tree.ts";

const folder = await mkdtemp(join(tmpdir(), "nearclone-mnist-"));
after(() => rm(folder, { recursive: true, force: true }));

const STUDY = `name: mnist-small
seed: 3
experiment: krr
data: { source: mnist, split: test, train: 300, test: 200, directory: ${sharedData("mnist") ?? "absent"} }
attack: { kind: added, trigger: { kind: patch } }
kernel: rbf
fixed: { length_scale: 6, target: 0 }
axes:
  ridge: [1e-4, 1e-2]
  poison_count: [0, 2, 10, 60]
`;

async function nearclone(...args: string[]): Promise<string> {
  const env = { ...process.env, NEARCLONE_HOME: join(folder, "home") };
  const { stdout } = await promisify(execFile)(
    process.execPath, [join(ROOT, "bin/nearclone.js"), ...args], { cwd: folder, env });
  return stdout;
}

const skip = skipWithout("mnist");

test("real digits go from a study file to SQL rows, a file and a verdict", { skip }, async () => {
  await writeFile(join(folder, "study.yaml"), STUDY);
  await putDatabase(join(folder, "home/db"));
  await nearclone("run", "study.yaml", "--json");
  const answer = await nearclone(
    "sql", "--json",
    `select poison_count, ridge, poison_rate, clean_accuracy, attack_success_rate, status::text
     from krr where study = 'mnist-small' order by ridge, poison_count`,
  );
  const rows: Record<string, number | string>[] = JSON.parse(answer);
  assert.equal(rows.length, 8);
  for (const row of rows) {
    assert.equal(row["status"], "ok");
    const count = Number(row["poison_count"]);
    assert.equal(row["poison_rate"], count / (300 + count));
    // Three hundred digits are enough for most of the others, poisoned or not.
    assert.ok(Number(row["clean_accuracy"]) > 0.75, JSON.stringify(row));
  }
  const success = (count: number, ridge: number): number =>
    Number(rows.find((row) => row["poison_count"] === count && row["ridge"] === ridge)?.["attack_success_rate"]);
  for (const ridge of [1e-4, 1e-2]) {
    assert.ok(success(0, ridge) < 0.1, "without poison hardly a digit turns into the target");
    assert.ok(success(60, ridge) > 0.8, "sixty poisons of three hundred rule");
    assert.ok(success(60, ridge) >= success(2, ridge));
  }
  const verdict = await nearclone("verify", "mnist-small", "--sample", "8");
  assert.match(verdict, /8 points equal in every bit/);
  await nearclone("export", "mnist-small", "--format", "csv", "--out", "rows.csv");
  const lines = (await readFile(join(folder, "rows.csv"), "utf8")).trim().split("\n");
  assert.equal(lines.length, 9);
});
