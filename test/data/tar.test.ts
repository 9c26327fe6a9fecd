import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { extractTar } from "../../data/tar.ts";
import { pattern } from "../support/data-bytes.ts";
import { onPath } from "../support/packages.ts";
import { tarBytes } from "../support/tar-bytes.ts";

const root = mkdtempSync(join(tmpdir(), "nearclone-tar-"));
after(() => rmSync(root, { recursive: true }));

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const files = {
  "set/a.bin": pattern(1024),
  "set/empty": new Uint8Array(0),
  "b.bin": pattern(700, 5),
};
const whole = tarBytes(files);
const toRoot = (name: string) => join(root, name);

test("members come out whole, whatever pieces the archive arrives in", async () => {
  for (const size of [1, 100, 512, 513, 100_000]) {
    const sizes = await extractTar("t.tar", inPieces(whole, size), toRoot);
    assert.deepEqual([...sizes], [["a.bin", 1024], ["empty", 0], ["b.bin", 700]]);
    assert.deepEqual(readFileSync(toRoot("a.bin")), Buffer.from(files["set/a.bin"]));
    assert.deepEqual(readFileSync(toRoot("b.bin")), Buffer.from(files["b.bin"]));
    assert.equal(readFileSync(toRoot("empty")).length, 0);
  }
});

test("only the members asked for are written, and no path in an archive leads out", async () => {
  const asked: string[] = [];
  const hostile = tarBytes({ "../../etc/a.bin": pattern(10), "/b.bin": pattern(10) });
  const sizes = await extractTar("t.tar", inPieces(hostile, 4096), (name) => {
    asked.push(name);
    return name === "a.bin" ? toRoot(name) : null;
  });
  assert.deepEqual(asked, ["a.bin", "b.bin"]);
  assert.deepEqual([...sizes], [["a.bin", 10]]);
});

test("an archive that ends early or has a damaged header is refused", async () => {
  for (let size = 0; size < whole.length - 1024; size += 333) {
    await assert.rejects(extractTar("t.tar", inPieces(whole.subarray(0, size), 512), toRoot), {
      name: "UserError",
      message: "t.tar: the tar archive ends early",
    });
  }
  const damaged = whole.slice();
  damaged[124]! ^= 1;
  await assert.rejects(extractTar("t.tar", inPieces(damaged, 512), toRoot), {
    message: "t.tar: damaged tar header",
  });
});

test("archives of the system's tar are read, in its formats", {
  skip: !onPath("tar") && "no tar on the path",
}, async () => {
  mkdirSync(join(root, "in", "set"), { recursive: true });
  writeFileSync(join(root, "in", "set", "x.bin"), pattern(12_345));
  for (const format of ["ustar", "gnu", "pax"]) {
    const path = join(root, `${format}.tar`);
    const how = [`--format=${format}`, "-C", join(root, "in"), "-cf", path, "set"];
    const made = spawnSync("tar", how);
    assert.equal(made.status, 0, String(made.stderr));
    const sizes = await extractTar(path, createReadStream(path), toRoot);
    assert.deepEqual([...sizes], [["x.bin", 12_345]]);
    assert.deepEqual(readFileSync(toRoot("x.bin")), Buffer.from(pattern(12_345)));
  }
});
