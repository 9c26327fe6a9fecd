// What a user got wrong about a cluster: one line with the way out, and exit code 2.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { connect, headers } from "nats";
import { Client } from "pg";
import { stampText } from "../../../queue/wire.ts";
import { fakeShell } from "../../support/fake-context.ts";
import { skipWithoutNats, startNats } from "../../support/nats.ts";
import { skipWithoutPostgres, startPostgres, type TestPostgres } from "../../support/postgres.ts";

const folder = mkdtempSync(join(tmpdir(), "nearclone-refusals-"));
const needsBoth = { skip: skipWithoutNats || skipWithoutPostgres };
let postgres: TestPostgres | null = null;
before(async () => {
  if (skipWithoutPostgres === false) postgres = await startPostgres();
});
after(() => {
  postgres?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What goes well is told before: on its own, and by a coordinator's log. */
const TOLD = /^((broker|workers) {2,}|\{"level":"info",)/;

/** Runs a command that must end with code 2 and one line that fits. */
async function refuses(args: readonly string[], says: RegExp, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const shell = await fakeShell(env);
  try {
    const { code, stdout, stderr } = await shell.run(...args);
    const lines = stderr.trimEnd().split("\n").filter((line) => !TOLD.test(line));
    assert.equal(lines.length, 1, stderr);
    assert.match(lines[0] ?? "", says);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
  } finally {
    await shell.remove();
  }
}

const JETSTREAM = "jetstream { store_dir: $NEARCLONE_NATS_STORE }";

/** A server of this configuration while `body` runs. */
async function withNats(config: string, body: (url: string) => Promise<void>): Promise<void> {
  const file = join(folder, "nats.conf");
  writeFileSync(file, config);
  const server = await startNats({ config: file });
  try {
    await body(server.url);
  } finally {
    await server.close();
  }
}

const as = (user: string, url: string): string => url.replace("//", `//${user}:p@`);
const coordinator = (url: string, ...more: readonly string[]): string[] =>
  ["coordinator", "--database", postgres?.url ?? "", "--nats", url, "--port", "0", ...more];
const worker = (url: string, ...more: readonly string[]): string[] => ["worker", "--nats", url, "--provider", "portable", "--slots", "1", ...more];

test("a worker, or a coordinator, that is told of no NATS server", async () => {
  await refuses(["worker"], /^no NATS server given: expected --nats nats:\/\/host:4222 or NEARCLONE_NATS; .*nearclone up$/);
});

test("an embedded database for a cluster", async () => {
  for (const command of [["coordinator", "--nats", "nats://h"], ["up"]]) {
    await refuses(command, /^database \.nearclone\/db: a cluster's programs share a Postgres server: expected --database postgres:\/\//);
  }
});

test("times of the queue that are none", async () => {
  for (const text of ["3 s", '{"leaseMs": -1}', '{"lease": 3}']) {
    await refuses(worker("nats://127.0.0.1:9"), /^NEARCLONE_QUEUE_TIMES: .*: expected JSON such as \{"leaseMs": 30000\}$/,
      { NEARCLONE_QUEUE_TIMES: text });
  }
});

test("a worker's name, slots or cache that cannot be", async () => {
  await refuses(worker("nats://h", "--name", "a b"), /'a b' is invalid.*up to 80 letters/);
  await refuses(worker("nats://h", "--slots", "0"), /'0' is invalid.*1 to/);
  await refuses(worker("nats://h", "--cache-size", "0"), /'0' is invalid/);
});

test("no nats-server on the PATH, for a cluster on this machine", { skip: skipWithoutPostgres }, async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = folder;
  try {
    await refuses(["up", "--database", postgres?.url ?? ""], /^no nats-server on the PATH: on Debian apt install nats-server, /);
  } finally {
    process.env["PATH"] = path;
  }
});

test("a dashboard that everybody could use", needsBoth, async () => {
  await withNats(JETSTREAM, (url) =>
    refuses(coordinator(url, "--host", "0.0.0.0"), /^dashboard on 0\.0\.0\.0: .*give --token or NEARCLONE_TOKEN, or bind 127\.0\.0\.1$/));
});

test("a study that nobody submitted, and a retry of nothing", { skip: skipWithoutPostgres }, async () => {
  const env = { NEARCLONE_DATABASE: postgres?.url ?? "" };
  for (const command of ["pause", "resume", "cancel", "logs"]) await refuses([command, "nobody"], /"nobody"/, env);
  const shell = await fakeShell(env);
  await shell.write("tiny.yaml", "name: tiny\nexperiment: noop\naxes: { x: [1, 2] }\n");
  assert.equal((await shell.run("submit", "tiny.yaml")).code, 0);
  await shell.remove();
  await refuses(["retry", "tiny"], /^retry: which jobs\? expected --dead for all dead ones, or --job N$/, env);
  await refuses(["retry", "tiny", "--dead"], /^study "tiny" has no dead job$/, env);
  await refuses(["retry", "tiny", "--job", "9"], /^job 9: the study has jobs 0 to 0$/, env);
  await refuses(["logs", "tiny", "9"], /^job 9: the study has jobs 0 to 0$/, env);
  await refuses(["priority", "tiny", "31"], /'31' is invalid.*-30 to 30/, env);
});

test("a database that may not be migrated", needsBoth, async () => {
  const client = new Client({ connectionString: postgres?.url });
  await client.connect();
  await client.query("create role reader login");
  await client.query("create database bare");
  await client.end();
  const url = new URL(postgres?.url ?? "");
  url.username = "reader";
  url.pathname = "/bare";
  await refuses(["coordinator", "--database", url.href, "--nats", "nats://127.0.0.1:9"], /permission denied.*this role may not make them: start once with a role that owns the database$/);
});

test("a NATS server without JetStream", needsBoth, async () => {
  await withNats("", async (url) => {
    const says = /^nats:\/\/127\.0\.0\.1:\d+: JetStream is not enabled on this server: start it with -js or a jetstream block$/;
    await refuses(worker(url), says);
    await refuses(coordinator(url), says);
  });
});

test("credentials that are wrong, and permissions that lack, by subject", needsBoth, async () => {
  const users = `{ user: c, password: p }
  { user: w, password: p, permissions: { publish: { deny: ["$JS.API.INFO"] } } }
  { user: k, password: p, permissions: { publish: { deny: ["$JS.API.STREAM.*.nearclone-jobs"] } } }`;
  await withNats(`${JETSTREAM}\nauthorization { users = [ ${users} ] }`, async (url) => {
    await refuses(worker(url), /: the server asks for credentials and none were given$/);
    await refuses(worker(url.replace("//", "//c:wrong@")), /: the server refused user "c": check user, password or token$/);
    await refuses(worker(as("w", url)), /: user "w" may not publish to "\$JS\.API\.INFO": grant it as in deploy\/nats\.conf$/);
    await refuses(coordinator(as("k", url)), /: user "k" may not publish to "\$JS\.API\.STREAM\.\w+\.nearclone-jobs": grant/);
  });
});

test("messages that are too small for a batch", needsBoth, async () => {
  await withNats(`${JETSTREAM}\nmax_payload: 32KB`, async (url) => {
    const says = /max_payload is 32768 bytes and a report needs up to \d+: raise max_payload in the server's configuration$/;
    await refuses(worker(url), says);
    await refuses(coordinator(url), says);
  });
});

test("subjects of another database's cluster, and messages of another version", needsBoth, async () => {
  await withNats(JETSTREAM, async (url) => {
    const raw = await connect({ servers: url });
    const record = headers();
    record.set("Nearclone", stampText({ wire: 99, version: "9.0.0", cluster: "elsewhere", sender: "node-7" }));
    const manager = await raw.jetstreamManager();
    await manager.streams.add({ name: "nearclone-orders", subjects: ["nearclone.order.>", "nearclone.cluster"], max_msgs_per_subject: 1 });
    await raw.jetstream().publish("nearclone.cluster", new Uint8Array(), { headers: record });
    await refuses(worker(url), /: wire format 99 of coordinator node-7 \(nearclone 9\.0\.0\), here \d+ \(nearclone 0\.0\.0\)/);
    await refuses(coordinator(url), /: prefix "nearclone" belongs to cluster elsewhere, not to \S+: choose another/);
    await raw.close();
  });
});
