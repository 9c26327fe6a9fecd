// The store's exam, part four: a user's own SQL reads everything and changes nothing.
import assert from "node:assert/strict";
import { identityOf } from "../../schema/identity.ts";
import { UserError } from "../../schema/failure.ts";
import { resultColumns } from "../../schema/experiments/registry.ts";
import { VIEWS } from "../../schema/views.ts";
import { TABLE_COMMENTS } from "../../schema/table-comments.ts";
import { noopOrder } from "../support/orders.ts";
import { endOf, FAILED, reportOf } from "../support/reports.ts";
import type { Bench, Exam } from "./store.ts";

const order = noopOrder({ points: 30, perJob: 10, seed: 3000, name: "for-sql" });

async function prepared({ store }: Bench) {
  await store.ensureStudy(order, identityOf(order.spec, null));
  await store.commit([
    reportOf(order, 0),
    reportOf(order, 1, { rows: 5, status: (i) => (i < 2 ? 2 : 0) }),
    endOf(order, 2, FAILED),
  ]);
  return store;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UserError, `expected a refusal, got ${String(error)}`);
  assert.ok(!error.message.includes("\n"), error.message);
  return error.message;
}

const WRITES = [
  "insert into worker values ('x', 'x', 'x', 'x', 1, '[]')",
  "delete from study",
  "drop table study",
  "truncate job",
  "with gone as (delete from study returning id) select * from gone",
  "select * into copied from study",
  "select 1; delete from study",
  "select 1); delete from study; --",
  "commit",
  "set transaction read write",
  "set session characteristics as transaction read write",
  "copy study to '/tmp/nearclone-test-copy'",
  "copy (select 1) to program 'true'",
  "select nextval('study_id_seq')",
  "select setval('study_id_seq', 99)",
  "do $$ begin delete from study; end $$",
  "call nothing()",
  "vacuum study",
  "listen x",
  "explain analyze delete from study",
  "explain (analyze) create table copied as select 1",
  "select query_to_xml('delete from study', true, true, '')",
  "select set_config('transaction_read_only', 'off', false)",
  "select lo_import('/etc/passwd')",
  "select pg_read_file('/etc/passwd')",
  "select * from study for update",
  "/* a comment */ -- another\n delete from study",
];

export function examineSql(exam: Exam): void {
  exam("sql finds a study's points by its name", async (bench) => {
    const store = await prepared(bench);
    const result = await store.sql(
      "select study, point, status, x, hash from noop where study = 'for-sql' order by point;",
    );
    assert.deepEqual(result.columns, [
      { name: "study", type: "text" },
      { name: "point", type: "integer" },
      { name: "status", type: "point_status" },
      { name: "x", type: "double precision" },
      { name: "hash", type: "double precision" },
    ]);
    assert.equal(result.rows.length, 15);
    assert.deepEqual(result.rows[3], ["for-sql", 3, "ok", 3, 3 / 1024]);
    assert.equal(result.rows[11]?.[2], "non_finite");
    assert.equal(result.truncated, false);
  });

  exam("the views of progress and coverage count what is there", async (bench) => {
    const store = await prepared(bench);
    const progress =
      await store.sql(`select points, stored, planned, queued, done, dead, attempts,
      failed_attempts, first_started_at < last_finished_at, finished_at
      from study_progress where study = 'for-sql'`);
    assert.deepEqual(progress.rows, [[30, 15, 2, 0, 1, 0, 1, 1, true, null]]);
    const coverage = await store.sql(
      "select done, failed, missing from study_coverage where study = 'for-sql'",
    );
    assert.deepEqual(coverage.rows, [[13, 2, 15]]);
    assert.deepEqual(await store.coverage(order.key), { done: 13, failed: 2, missing: 15 });
  });

  exam("values that JSON cannot hold keep their meaning", async ({ store }) => {
    const result =
      await store.sql(`select 'NaN'::float8 as a, '-Infinity'::float8, '-0'::float8, 2::bigint,
      9007199254740993::bigint, sum(x) from (values (1::bigint), (2)) as t (x)`);
    assert.deepEqual(result.rows, [
      [Number.NaN, Number.NEGATIVE_INFINITY, -0, 2, "9007199254740993", 3],
    ]);
    const others =
      await store.sql(`select 0.5::numeric, true, null, 'ü', '{"a": 1}'::jsonb, array[1, 2],
      '2026-01-02 03:04:05+00'::timestamptz at time zone 'utc', 'NaN'::numeric`);
    assert.deepEqual(others.rows, [
      [0.5, true, null, "ü", '{"a": 1}', "{1,2}", "2026-01-02 03:04:05", Number.NaN],
    ]);
  });

  for (const query of WRITES) {
    exam(`read-only: ${query.replaceAll("\n", " ")}`, async (bench) => {
      const store = await prepared(bench);
      const before = await store.sql("select count(*), max(id) from study");
      await refusal(store.sql(query));
      assert.deepEqual(await store.sql("select count(*), max(id) from study"), before);
      // The session it ran in, or the next one, is not left in another state.
      assert.deepEqual((await store.sql("show transaction_read_only")).rows, [["on"]]);
      await store.setPriority(order.key, 1);
    });
  }

  exam("what a read-only query sets or locks does not outlast it", async ({ store, database }) => {
    await store.sql("select set_config('search_path', 'pg_catalog', false), pg_advisory_lock(77)");
    assert.equal((await store.sql("select count(*) from study")).rows.length, 1);
    const locks = await database.query(
      "select count(*) from pg_locks where locktype = 'advisory' and objid = 77",
    );
    assert.equal(locks.rows[0]?.[0], "0");
  });

  exam("only with write does a statement write", async ({ store }) => {
    const written = await store.sql("create table written (a int)", { write: true });
    assert.deepEqual(written.rows, []);
    const inserted = await store.sql("insert into written values (1), (2) returning a", {
      write: true,
    });
    assert.deepEqual([inserted.rows, inserted.affected], [[[1], [2]], 2]);
    assert.match(
      await refusal(store.sql("insert into written values (1); select 1", { write: true })),
      /one statement/,
    );
    assert.match(await refusal(store.sql("commit", { write: true })), /transaction of its own/);
    assert.deepEqual((await store.sql("select count(*) from written")).rows, [[2]]);
    await store.sql("drop table written", { write: true });
  });

  exam("a mistake is told in one line, with its place", async ({ store }) => {
    assert.equal(
      await refusal(store.sql("select\n  hsah from noop")),
      'sql: line 2, column 3: column "hsah" does not exist ' +
        '(Perhaps you meant to reference the column "noop.hash".)',
    );
    assert.match(
      await refusal(store.sql("selec 1")),
      /^sql: selec: read-only here: expected select/,
    );
    assert.match(
      await refusal(store.sql("selec 1", { write: true })),
      /^sql: line 1, column 1: syntax error/,
    );
    assert.match(await refusal(store.sql("select 1/0")), /^sql: division by zero/);
    assert.equal(await refusal(store.sql(" -- nothing")), "sql: expected a statement, got nothing");
  });

  exam("rows over the limit are cut off, and that is said", async ({ store }) => {
    const result = await store.sql("select i from generate_series(1, 5000) i", { maxRows: 2500 });
    assert.deepEqual(
      [result.rows.length, result.rows.at(-1), result.truncated],
      [2500, [2500], true],
    );
    const exact = await store.sql("select i from generate_series(1, 2000) i", { maxRows: 2000 });
    assert.deepEqual([exact.rows.length, exact.truncated], [2000, false]);
    const none = await store.sql("select i from generate_series(1, 0) i");
    assert.deepEqual([none.rows, none.columns], [[], [{ name: "i", type: "integer" }]]);
  });

  exam("a query that takes too long is stopped", async ({ store }) => {
    const endless = "select sum(a) over (order by a) from generate_series(1, 2000000000) a (a)";
    for (const slow of [endless, "select generate_series(1, 30000000)", "select pg_sleep(60)"]) {
      assert.match(
        await refusal(store.sql(slow, { timeoutMs: 50, maxRows: 30_000_000 })),
        /took longer than 0.05 s/,
      );
    }
  });

  exam("explain shows that a study's points are found by the key", async (bench) => {
    const store = await prepared(bench);
    const plan = await store.sql(
      "explain select hash from noop where study = 'for-sql' and point between 3 and 5",
    );
    assert.match(plan.rows.flat().join("\n"), /noop_result_pkey/);
  });

  exam(
    "the database says of every table, view and column what the schema says",
    async ({ database }) => {
      const found = await database.query(
        `select c.relname, coalesce(a.attname, ''), d.description
       from pg_class c
       left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       left join pg_description d
         on d.objoid = c.oid and d.objsubid = a.attnum and d.classoid = 'pg_class'::regclass
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
       order by c.oid, a.attnum`,
      );
      const comments = new Map<string, [string, string | null][]>();
      for (const [table, column, comment] of found.rows) {
        const entry = comments.get(table ?? "") ?? [];
        comments.set(table ?? "", [...entry, [column ?? "", comment ?? null]]);
      }
      const expected = new Map<string, [string, string][]>();
      for (const [table, { columns }] of Object.entries(TABLE_COMMENTS))
        expected.set(table, Object.entries(columns));
      for (const { name, columns } of VIEWS) {
        expected.set(
          name,
          columns.map((column) => [column.name, column.comment]),
        );
      }
      // By name: a column that came later stands last in the database, wherever the schema has it.
      const sorted = (all: Map<string, (readonly [string, string | null])[]>): object =>
        Object.fromEntries([...all].map(([name, columns]) => [name, columns.toSorted(byName)]));
      const byName = ([a]: readonly [string, string | null], [b]: readonly [string, string | null]): number =>
        (a < b ? -1 : 1);
      assert.deepEqual(sorted(comments), sorted(expected));
      assert.ok([...comments.values()].flat().every(([, comment]) => (comment ?? "").length > 3));
      assert.ok(
        resultColumns("krr").every(({ name }) =>
          comments.get("krr")?.some(([column]) => column === name),
        ),
      );
    },
  );

  exam("the views have the types that the documentation gives them", async ({ database }) => {
    for (const { name, columns } of VIEWS) {
      const found = await database.query(
        `select attname, format_type(atttypid, null) from pg_attribute
         where attrelid = $1::regclass and attnum > 0 order by attnum`,
        [name],
      );
      assert.deepEqual(
        found.rows,
        columns.map((column) => [column.name, column.type]),
        name,
      );
    }
  });
}
