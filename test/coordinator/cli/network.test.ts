// A study of networks as a user has it: planned, run, interrupted, run on, verified.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { shellWithDatabase } from "../../support/fake-context.ts";

const shell = await shellWithDatabase();
after(() => shell.remove());

await shell.write("net.yaml", `name: net
experiment: linear
data: { source: glyphs, train: 120, test: 40 }
attack: { trigger: { kind: cross, amplitude: 0.8 } }
training: { batch: 50 }
measure: { probes: 4 }
axes: { epochs: [1, 3], poison_rate: [0, 0.1] }
`);

test("plan says how many runs and steps there are", async () => {
  const { code, stdout } = await shell.run("plan", "net.yaml");
  assert.equal(code, 0, stdout);
  // ⌈120 / 50⌉ = 3 steps an epoch, for 1 + 3 epochs and 2 rates.
  assert.match(stdout, /4 training runs, 24 steps of 50 rows in all/);
  assert.match(stdout, /linear, softmax loss; attack replace, cross trigger/);
});

test("run says what trains, and verify computes the same bits again on the same backend", async () => {
  const run = await shell.run("run", "net.yaml", "--backend", "wasm", "--threads", "1");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /^tensors {2}wasm \((no )?SIMD, 1 thread\) on 1 thread$/m);
  assert.match(run.stdout, /4 ok/);
  const verify = await shell.run("verify", "net", "--sample", "4", "--threads", "1");
  assert.equal(verify.code, 0, verify.stdout);
  assert.match(verify.stderr, /stored by wasm \(.*computing again with wasm/);
  assert.match(verify.stdout, /4 points equal in every bit of \d+ metrics/);
});

test("verify on another backend names the columns that differ, among them the backend", async () => {
  const { code, stdout } = await shell.run("verify", "net", "--sample", "1", "--threads", "1", "--backend", "cpu");
  assert.equal(code, 1);
  assert.match(stdout, /^backend .* 2 +3$/m);
});

test("the learning curve has a row for each epoch, and the poisoned rows are listed", async () => {
  const query = `select s.epochs, count(*) as n from network_curve c join network_result s using (study, point)
    group by 1 order by 1`;
  const curve = await shell.run("sql", query, "--format", "csv");
  assert.equal(curve.stdout.trim(), "epochs,n\n1,4\n3,8");
  const poison = await shell.run("sql", "select count(*) as n from network_poison", "--format", "csv");
  assert.equal(poison.stdout.trim(), `n\n${2 * 12}`);
});
