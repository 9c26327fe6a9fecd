// A Postgres server that is away, goes away, refuses, or is started on by many at once.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { inspect } from "node:util";
import { isAway } from "../../coordinator/store/away.ts";
import { knownMigrations } from "../../coordinator/store/migrate.ts";
import { openDatabase, openStore } from "../../coordinator/store/open.ts";
import { withoutPassword } from "../../coordinator/store/shown-url.ts";
import { identityOf } from "../../schema/identity.ts";
import { noopOrder } from "../support/orders.ts";
import { skipWithoutPostgres, startPostgres, type TestPostgres } from "../support/postgres.ts";
import { reportOf } from "../support/reports.ts";

const skip = skipWithoutPostgres;
let server: TestPostgres;

before(async () => {
  if (skip === false) server = await startPostgres({ max_connections: 30 });
});
after(() => server?.remove());

/** The URL of a new, empty database. */
async function freshUrl(name: string): Promise<string> {
  const database = await openDatabase(server.url);
  await database.query(`create database ${name}`);
  await database.close();
  return server.url.replace(/postgres$/, name);
}

test("many starters on an empty database all open it, migrated once", { skip }, async () => {
  const url = await freshUrl("starters");
  const stores = await Promise.all(Array.from({ length: 8 }, () => openStore(url)));
  const applied = await stores[0]?.sql("select count(*) from drizzle.__drizzle_migrations");
  assert.deepEqual(applied?.rows, [[knownMigrations().length]]);
  await Promise.all(stores.map((store) => store.close()));
});

test("a database of a newer build is refused, naming both migrations", { skip }, async () => {
  const url = await freshUrl("newer");
  const store = await openStore(url);
  await store.sql(
    "insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9e15)",
    { write: true },
  );
  await store.close();
  const number = (count: number) => String(count).padStart(4, "0");
  const known = knownMigrations().length;
  await assert.rejects(openStore(url), {
    name: "UserError",
    message:
      `database is at migration ${number(known)}, this build knows ${number(known - 1)}: ` +
      "upgrade nearclone or use another --database",
  });
});

test("a database with an older migration that nobody knows is refused in one line", { skip }, async () => {
  const url = await freshUrl("another_build");
  const store = await openStore(url);
  await store.sql(
    "update drizzle.__drizzle_migrations set created_at = created_at - 1 where id = 1",
    { write: true },
  );
  await store.close();
  await assert.rejects(openStore(url), {
    name: "UserError",
    message: /was made by another build of nearclone/,
  });
});

test("a role that may not make tables is told so in one line", { skip }, async () => {
  const url = await freshUrl("walled");
  const owner = await openDatabase(url);
  await owner.query("create role guest login");
  await owner.query("revoke create on schema public from public");
  await owner.close();
  await assert.rejects(openStore(url.replace("postgres@", "guest@")), {
    name: "UserError",
    message: /permission denied.*start once with a role that owns the database/,
  });
});

test("a role that may only read and write opens a migrated database", { skip }, async () => {
  const url = await freshUrl("shared");
  const owner = await openStore(url);
  await owner.sql("create role reader login", { write: true });
  await owner.sql("grant select on all tables in schema public to reader", { write: true });
  await owner.sql("grant usage on schema drizzle to reader", { write: true });
  await owner.sql("grant select on drizzle.__drizzle_migrations to reader", { write: true });
  await owner.close();
  const store = await openStore(url.replace("postgres@", "reader@"));
  assert.deepEqual(await store.studies(), []);
  await store.close();
});

test(
  "an unreachable server is given up after the time allowed, without the password",
  { skip },
  async () => {
    const url = "postgres://someone:secret@127.0.0.1:1/db";
    const error = await openStore(url, { connectMs: 300 }).then(
      () => null,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Error && error.name === "UserError", String(error));
    assert.match(
      error.message,
      /^database postgres:\/\/someone@127\.0\.0\.1:1\/db: unreachable for 1 s: connect ECONN/,
    );
    assert.ok(!error.message.includes("secret"));
  },
);

test("what no waiting helps against is refused at once", { skip }, async () => {
  await assert.rejects(
    openStore(server.url.replace(/postgres$/, "nowhere"), { connectMs: 60_000 }),
    { name: "UserError", message: /database "nowhere" does not exist/ },
  );
  await assert.rejects(
    openStore(server.url.replace("postgres@", "nobody:secret@"), { connectMs: 60_000 }),
    (error: Error) =>
      /role "nobody" does not exist/.test(error.message) && !error.message.includes("secret"),
  );
});

test("passwords are shown nowhere", () => {
  assert.equal(
    withoutPassword("postgres://u:p@h:5/d?sslmode=disable"),
    "postgres://u@h:5/d?sslmode=disable",
  );
  assert.equal(withoutPassword("postgres://u@h/d?password=p"), "postgres://u@h/d");
  assert.equal(withoutPassword("postgres://u:p#x@h/d"), "postgres://…");
});

test(
  "a commit whose connection is cut stores nothing, and stores all when it is repeated",
  { skip },
  async () => {
    const url = await freshUrl("cut");
    const store = await openStore(url);
    const order = noopOrder({ points: 20_000, perJob: 100 });
    await store.ensureStudy(order, identityOf(order.spec, null));
    const reports = Array.from({ length: 200 }, (_, number) => reportOf(order, number));
    const killer = await openDatabase(server.url);
    let cuts = 0;
    for (let turn = 0; turn < 20; turn++) {
      const committing = store.commit(reports.slice(turn * 10, turn * 10 + 10)).then(
        () => null,
        (reason: unknown) => reason,
      );
      await killer.query(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = 'cut'",
      );
      const error = await committing;
      if (error === null) continue;
      assert.ok(isAway(error), inspect(error));
      cuts++;
      await store.commit(reports.slice(turn * 10, turn * 10 + 10));
    }
    assert.ok(cuts > 0, "no commit was cut");
    const { jobs } = await store.progress(order.key);
    assert.equal(jobs.done, 200);
    assert.deepEqual(await store.coverage(order.key), { done: 20_000, failed: 0, missing: 0 });
    await killer.close();
    await store.close();
  },
);

test("a store outlives a crash of its server", { skip }, async () => {
  const url = await freshUrl("crash");
  const store = await openStore(url);
  const order = noopOrder({ points: 100, perJob: 10 });
  await store.ensureStudy(order, identityOf(order.spec, null));
  await store.commit([reportOf(order, 0)]);
  server.stop("immediate");
  const error = await store.commit([reportOf(order, 1)]).then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(isAway(error), String(error));
  server.start();
  assert.equal((await store.commit([reportOf(order, 0), reportOf(order, 1)])).inserted, 10);
  await store.close();
});

test("a server without a free connection is away, not broken", { skip }, async () => {
  const limited = await openDatabase(server.url);
  await limited.query("create role crowd login connection limit 0");
  await limited.close();
  const error = await openStore(server.url.replace("postgres@", "crowd@"), { connectMs: 150 }).then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(
    error instanceof Error && /unreachable for 1 s: too many connections/.test(error.message),
    String(error),
  );
});
