import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Progress } from "../../data/download.ts";
import { fetchData, type FetchOptions, fetchSet } from "../../data/fetch.ts";
import { listData } from "../../data/list.ts";
import { type Download, OFFICIAL, type OfficialSet } from "../../data/official.ts";
import { pattern } from "../support/data-bytes.ts";
import {
  type Answer,
  type FileServer,
  serveFiles,
  stallAfter,
  wholeOnly,
  withRanges,
} from "../support/file-server.ts";
import { sharedData, skipWithout } from "../support/shared.ts";
import { tarBytes } from "../support/tar-bytes.ts";

const root = mkdtempSync(join(tmpdir(), "nearclone-fetch-"));
const servers: FileServer[] = [];
after(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(root, { recursive: true });
});

const body = pattern(300_000);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const itemOf = (name: string, bytes: Uint8Array): Download =>
  ({ name, bytes: bytes.length, sha256: sha256(bytes) });

function setOf(downloads: Download[], members: Record<string, number> = {}): OfficialSet {
  return { title: "t", trainRows: 1, testRows: 1, addresses: [], downloads, members };
}
const set = setOf([itemOf("a", body)]);

let folders = 0;
const newFolder = () => join(root, String(folders++));

async function serve(answers: Answer[] = [], last?: Answer, files = new Map([["a", body]])) {
  const server = await serveFiles(files, answers, last);
  servers.push(server);
  return server;
}

const quick = (server: FileServer): FetchOptions =>
  ({ baseUrl: `${server.url}/`, retryDelayMs: 0, stallMs: 5_000 });

test("a file is fetched whole, with its progress, and is not fetched again", async () => {
  const [server, folder] = [await serve(), newFolder()];
  const seen: Progress[] = [];
  const options = { ...quick(server), onProgress: (one: Progress) => void seen.push(one) };
  assert.deepEqual(await fetchSet(set, folder, options), { folder, fetched: ["a"], present: [] });
  assert.deepEqual(readFileSync(join(folder, "a")), Buffer.from(body));
  assert.deepEqual(seen.at(-1), { file: "a", receivedBytes: 300_000, totalBytes: 300_000 });
  const received = seen.map((one) => one.receivedBytes);
  assert.deepEqual(received, received.toSorted((a, b) => a - b));
  assert.deepEqual(await fetchSet(set, folder, options), { folder, fetched: [], present: ["a"] });
  assert.deepEqual(server.requests, ["GET /a"]);
  assert.deepEqual(readdirSync(folder), ["a"]);
});

/** Cuts the connections whenever so many bytes have arrived. */
const cutting = (server: FileServer, ...at: number[]): FetchOptions => ({
  ...quick(server),
  onProgress: ({ receivedBytes }) => at.includes(receivedBytes) && server.cut(),
});

test("a cut connection is continued where it broke off", async () => {
  const [server, folder] = [await serve([stallAfter(100_000), stallAfter(50_000)]), newFolder()];
  await fetchSet(set, folder, cutting(server, 100_000, 150_000));
  assert.deepEqual(readFileSync(join(folder, "a")), Buffer.from(body));
  assert.deepEqual(server.requests, ["GET /a", "GET /a bytes=100000-", "GET /a bytes=150000-"]);
});

test("what an earlier run left is continued by the next", async () => {
  const [server, folder] = [await serve([stallAfter(120_000)]), newFolder()];
  const once = { ...cutting(server, 120_000), attempts: 1 };
  await assert.rejects(fetchSet(set, folder, once), { name: "UserError" });
  assert.deepEqual(readdirSync(folder), ["a.part"]);
  await fetchSet(set, folder, quick(server));
  assert.equal(server.requests[1], "GET /a bytes=120000-");
  assert.deepEqual(readFileSync(join(folder, "a")), Buffer.from(body));
});

test("a server that knows no ranges is asked for the whole file again", async () => {
  const [server, folder] = [await serve([stallAfter(100_000)], wholeOnly), newFolder()];
  await fetchSet(set, folder, cutting(server, 100_000));
  assert.deepEqual(server.requests, ["GET /a", "GET /a bytes=100000-"]);
  assert.deepEqual(readFileSync(join(folder, "a")), Buffer.from(body));
});

test("a part that is whole already is only verified", async () => {
  const [server, folder] = [await serve(), newFolder()];
  await fetchSet(setOf([]), folder, quick(server));
  writeFileSync(join(folder, "a.part"), body);
  await fetchSet(set, folder, quick(server));
  assert.deepEqual(server.requests, []);
});

test("a part of something else is thrown away and the file fetched anew", async () => {
  const [server, folder] = [await serve(), newFolder()];
  await fetchSet(setOf([]), folder, quick(server));
  writeFileSync(join(folder, "a.part"), Buffer.alloc(1000, 1));
  await fetchSet(set, folder, quick(server));
  assert.deepEqual(server.requests, ["GET /a bytes=1000-", "GET /a"]);
  assert.deepEqual(readFileSync(join(folder, "a")), Buffer.from(body));
});

test("a wrong file of the right size is deleted, and both digests are named", async () => {
  const wrong = pattern(300_000, 1);
  const [server, folder] = [await serve([], withRanges, new Map([["a", wrong]])), newFolder()];
  await assert.rejects(fetchSet(set, folder, quick(server)), {
    name: "UserError",
    message: `${server.url}/a: sha256 ${sha256(wrong)}, expected ${sha256(body)}: deleted`,
  });
  assert.deepEqual(readdirSync(folder), []);
});

test("a wrong size is refused before it is downloaded, or as soon as it shows", async () => {
  const long = new Map([["a", pattern(300_001)]]);
  const server = await serve([], withRanges, long);
  await assert.rejects(fetchSet(set, newFolder(), quick(server)), {
    message: `${server.url}/a: 300001 bytes, expected 300000`,
  });
  const chunked: Answer = (_, response, bytes) => {
    response.write(bytes.subarray(0, 10));
    response.end(bytes.subarray(10));
  };
  const silent = await serve([], chunked, long);
  await assert.rejects(fetchSet(set, newFolder(), quick(silent)), {
    message: `${silent.url}/a: over 300000 bytes, expected 300000`,
  });
});

test("an absent file is named with its status, and the next address is tried", async () => {
  const [empty, good] = [await serve([], withRanges, new Map()), await serve()];
  const folder = newFolder();
  await assert.rejects(fetchSet(set, folder, quick(empty)), {
    name: "UserError",
    message: `${empty.url}/a: http 404`,
  });
  const { baseUrl: _, ...options } = quick(good);
  await fetchSet({ ...set, addresses: [empty.url, good.url] }, folder, options);
  assert.deepEqual(readdirSync(folder), ["a"]);
});

test("a server in trouble is asked again, a bounded number of times", async () => {
  const trouble: Answer = (_, response) => void response.writeHead(503).end();
  const recovering = await serve([trouble, trouble]);
  await fetchSet(set, newFolder(), quick(recovering));
  const hopeless = await serve([], trouble);
  await assert.rejects(fetchSet(set, newFolder(), quick(hopeless)), /\/a: http 503$/);
  assert.equal(hopeless.requests.length, 5);
});

test("a stalled connection is cut after the time allowed", async () => {
  const server = await serve([], stallAfter(1000));
  const options = { ...quick(server), stallMs: 50, attempts: 2 };
  await assert.rejects(fetchSet(set, newFolder(), options), /\/a: no bytes for 0\.05 s$/);
  const never = await serve([], () => {});
  const patient = { ...quick(never), stallMs: 50, attempts: 2 };
  await assert.rejects(fetchSet(set, newFolder(), patient), /\/a: no bytes for 0\.05 s$/);
});

test("an unreachable address says so", async () => {
  const server = await serve();
  await server.close();
  servers.splice(servers.indexOf(server), 1);
  await assert.rejects(fetchSet(set, newFolder(), quick(server)), /\/a: .*ECONNREFUSED/);
});

test("aborting stops at once and keeps what can be continued", async () => {
  const [server, folder] = [await serve([stallAfter(5000)]), newFolder()];
  const controller = new AbortController();
  const running = fetchSet(set, folder, {
    ...quick(server),
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("stop")),
  });
  await assert.rejects(running, /^Error: stop$/);
  assert.deepEqual(readdirSync(folder), ["a.part"]);
  await fetchSet(set, folder, quick(server));
  assert.deepEqual(readFileSync(join(folder, "a")), Buffer.from(body));
});

test("a file of one's own under an official name is never overwritten", async () => {
  const [server, folder] = [await serve(), newFolder()];
  await fetchSet(setOf([]), folder, quick(server));
  writeFileSync(join(folder, "a"), "mine");
  await assert.rejects(fetchSet(set, folder, quick(server)), {
    name: "UserError",
    message: `${join(folder, "a")}: sha256 ${sha256(Buffer.from("mine"))}, the official file has ` +
      `${sha256(body)}: move it away to fetch it`,
  });
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "mine");
});

const members = { "train.bin": pattern(70_000, 2), "test.bin": pattern(513, 3) };
const archive = gzipSync(tarBytes({ "set/readme.txt": pattern(99), ...Object.fromEntries(
  Object.entries(members).map(([name, bytes]) => [`set/${name}`, bytes])) }));
const archiveSet = setOf([itemOf("set.tar.gz", archive)], { "train.bin": 70_000, "test.bin": 513 });
const archiveFiles = new Map([["set.tar.gz", archive]]);

test("an archive's members are unpacked and the archive is removed", async () => {
  const [server, folder] = [await serve([], withRanges, archiveFiles), newFolder()];
  const result = await fetchSet(archiveSet, folder, quick(server));
  assert.deepEqual(result.fetched, ["train.bin", "test.bin"]);
  assert.deepEqual(readdirSync(folder).toSorted(), ["test.bin", "train.bin"]);
  for (const [name, bytes] of Object.entries(members)) {
    assert.deepEqual(readFileSync(join(folder, name)), Buffer.from(bytes));
  }
  assert.deepEqual((await fetchSet(archiveSet, folder, quick(server))).fetched, []);
  assert.equal(server.requests.length, 1);
});

test("an archive without a member, or with one of another size, gives no file", async () => {
  const server = await serve([], withRanges, archiveFiles);
  for (const wanted of [{ "other.bin": 5 }, { "train.bin": 70_001 }]) {
    const folder = newFolder();
    await assert.rejects(fetchSet({ ...archiveSet, members: wanted }, folder, quick(server)), {
      name: "UserError",
      message: /set\.tar\.gz\.part: (other|train)\.bin: \d+ bytes, expected \d+/,
    });
    assert.ok(!existsSync(join(folder, "train.bin")) && !existsSync(join(folder, "other.bin")));
  }
});

test("an unpacked file of another size is not overwritten", async () => {
  const [server, folder] = [await serve([], withRanges, archiveFiles), newFolder()];
  await fetchSet(setOf([]), folder, quick(server));
  writeFileSync(join(folder, "train.bin"), "mine");
  await assert.rejects(fetchSet(archiveSet, folder, quick(server)), {
    message: `${join(folder, "train.bin")}: 4 bytes, the official file has 70000: ` +
      "move it away to fetch it",
  });
});

test("a folder that cannot be written is named", async () => {
  const server = await serve();
  await fetchSet(setOf([]), root, quick(server));
  writeFileSync(join(root, "file"), "");
  await assert.rejects(fetchSet(set, join(root, "file", "below"), quick(server)), {
    name: "UserError",
    message: /^cannot write .*below: (ENOTDIR|EEXIST)$/,
  });
});

test("the real MNIST test files pass the official digests, and the list shows them", {
  skip: skipWithout("mnist"),
}, async () => {
  const downloads = OFFICIAL.mnist.downloads.filter(({ name }) => name.startsWith("t10k"));
  const folder = sharedData("mnist") ?? "";
  const real = new Map(downloads.map(({ name }) => [name, readFileSync(join(folder, name))]));
  const server = await serve([], withRanges, real);
  const cache = newFolder();
  const listed = async () => (await listData(cache)).find((one) => one.name === "mnist");
  const absent = await listed();
  assert.deepEqual([absent?.state, absent?.missing.length], ["absent", 4]);
  assert.equal(absent?.how, "nearclone data fetch mnist (12 MB)");
  await fetchSet({ ...OFFICIAL.mnist, downloads }, join(cache, "mnist"), quick(server));
  const partial = await listed();
  assert.deepEqual([partial?.state, partial?.missing], [
    "partial", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]]);
  await assert.rejects(fetchData("mnist", join(cache, "mnist"), quick(server)), {
    name: "UserError",
    message: `${server.url}/train-images-idx3-ubyte.gz: http 404`,
  });
});

test("the list names every source, and takes unpacked files for present", async () => {
  const cache = newFolder();
  const server = await serve();
  await fetchSet(setOf([]), join(cache, "mnist"), quick(server));
  for (const { name } of OFFICIAL.mnist.downloads) {
    writeFileSync(join(cache, "mnist", name.replace(".gz", "")), "x");
  }
  const list = await listData(cache);
  assert.deepEqual(list.map((one) => [one.name, one.state]), [
    ["glyphs", "built in"], ["gaussian", "built in"], ["mnist", "present"],
    ["cifar10", "absent"], ["cifar100", "absent"], ["arrays", "your own"],
  ]);
});
