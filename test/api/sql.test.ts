// The SQL console cannot write, wait for ever, or flood, on either database.
import assert from "node:assert/strict";
import test from "node:test";
import { Problem, SqlAnswer } from "../../schema/api.ts";
import { onBothStores, type ApiBench } from "../support/api-bench.ts";
import { phaseOrder, phaseReport, storePhase } from "../support/phase-study.ts";

const order = phaseOrder({ name: "phase", lengthScales: 3, ridges: 2, counts: 4, replicates: 1 });

async function refusal(bench: ApiBench, query: string): Promise<Problem> {
  const response = await bench.post("/api/sql", { query });
  assert.notEqual(response.status, 200, `${query} was answered`);
  return Problem.parse(await response.json());
}

async function answer(bench: ApiBench, query: string, limit = 1000): Promise<SqlAnswer> {
  const response = await bench.post("/api/sql", { query, limit });
  const body: unknown = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return SqlAnswer.parse(body);
}

const WRITES = [
  "select 1; delete from study",
  "delete from study",
  "update study set priority = 9",
  "insert into worker select * from worker",
  "with gone as (delete from study returning *) select * from gone",
  "with made as (insert into study (key) values ('x') returning *) select * from made",
  "create table x (a int)",
  "drop table study cascade",
  "truncate study cascade",
  "copy study to '/tmp/nearclone-stolen'",
  "copy (select 1) to program 'touch /tmp/nearclone-stolen'",
  "copy study from '/etc/passwd'",
  "set transaction read write",
  "set session authorization postgres",
  "reset all",
  "begin",
  "commit",
  "do $$ begin delete from study; end $$",
  "explain analyze delete from study",
  "select pg_read_file('/etc/passwd')",
  "select * from pg_ls_dir('/')",
  "select lo_import('/etc/passwd')",
  "select setval('study_id_seq', 1)",
  "select nextval('study_id_seq')",
  "call nothing()",
  "lock table study",
  "vacuum study",
  "checkpoint",
];

onBothStores((name, bench, skip) => {
  for (const query of WRITES) {
    test(`${name}: refuses ${query}`, { skip }, async () => {
      const problem = await refusal(bench(), query);
      assert.equal(problem.status, 422);
      const { rows } = await answer(bench(), "select count(*), max(priority) from study");
      assert.deepEqual(rows, [[1, 0]]);
    });
  }

  test(`${name}: a setting that a query changes does not outlive it`, { skip }, async () => {
    await bench().post("/api/sql", { query: "select set_config('search_path', 'nowhere', false)" });
    await bench().post("/api/sql", { query: "select set_config('transaction_read_only', 'off', false)" });
    assert.equal((await answer(bench(), "select count(*) from study")).rows[0]?.[0], 1);
    assert.equal((await refusal(bench(), "delete from study")).status, 422);
  });

  test(`${name}: numbers that JSON lacks, text, truth and nothing come through`, { skip }, async () => {
    const { columns, rows, isTruncated } = await answer(bench(),
      "select 'NaN'::float8 as a, '-Infinity'::float8 as b, 0.1::float8 as c, null as d, true as e, 'x' as f");
    assert.deepEqual(columns, ["a", "b", "c", "d", "e", "f"]);
    assert.deepEqual(rows, [["NaN", "-Infinity", 0.1, null, true, "x"]]);
    assert.equal(isTruncated, false);
  });

  test(`${name}: rows and bytes are limited, and the answer says so`, { skip }, async () => {
    const few = await answer(bench(), "select g from generate_series(1, 100) g", 10);
    assert.deepEqual([few.rows.length, few.isTruncated], [10, true]);
    const wide = await answer(bench(), "select repeat('x', 9000) from generate_series(1, 2000)", 2000);
    assert.ok(wide.isTruncated && wide.rows.length < 600, `${wide.rows.length} rows of 9 kB`);
  });

  test(`${name}: a mistake is placed`, { skip }, async () => {
    const query = "select count(*)\nfrom krr_result\nwhere rigde > 1";
    const problem = await refusal(bench(), query);
    assert.equal(problem.position, query.indexOf("rigde") + 1);
    assert.match(problem.detail, /line 3, column 7: column "rigde" does not exist/);
    assert.equal((await refusal(bench(), "selec 1")).status, 422);
  });

  for (const query of [
    "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b",
    "select count(*) from krr_result a, krr_result b, krr_result c, krr_result d, krr_result e, krr_result f",
    // The planner knows nothing of what these will do.
    "select count(*) from (select 10000000000 * id as n from study) s, generate_series(1, n)",
    "with recursive t as (select 1 as n union all select n + 1 from t) select count(*) from t",
    "select pg_sleep(3600)",
    "select query_to_xml('select pg_' || 'sleep(3600)', true, true, '')",
    "explain analyze select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b",
  ]) {
    test(`${name}: ends in time: ${query}`, { skip, timeout: 30_000 }, async () => {
      const { tools, parts } = bench();
      Object.assign(tools, { sqlTimeoutMs: 250 });
      assert.match((await refusal(bench(), query)).detail, /took longer than 0.25 s/);
      Object.assign(tools, { sqlTimeoutMs: 10_000 });
      // What comes after it is not cut short.
      assert.equal((await parts.store.commit([phaseReport(order, 0)])).conflicts, 0);
      assert.equal((await answer(bench(), "select count(*) from study")).rows[0]?.[0], 1);
    });
  }

  test(`${name}: CSV quotes what needs it, and no cell is a formula`, { skip }, async () => {
    const response = await bench().post("/api/sql?format=csv",
      { query: `select 'a,b' as x, 'say "hi"' as y, '=1+1' as z, -1.5 as n, null as e` });
    assert.equal(await response.text(), 'x,y,z,n,e\r\n"a,b","say ""hi""",\'=1+1,-1.5,\r\n');
  });

  test(`${name}: the schema lists result tables with their columns`, { skip }, async () => {
    const text = JSON.stringify(await bench().json("/api/schema"));
    assert.match(text, /krr_result/);
    assert.match(text, /attack_success_rate/);
  });
}, async ({ store }) => storePhase(store, order));
