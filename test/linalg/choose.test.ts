// Opening a provider by name or by preference, and what is said where it does not open.
import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../schema/failure.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { findLibrary } from "../../worker/linalg/openblas/library.ts";

test("a provider that does not open is a user's error with its name, reason and remedy", () => {
  assert.throws(() => openProvider("cuda", { cuda: { NEARCLONE_CUDA_LIBS: "/nowhere" } }), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message,
      /^no linear algebra provider "cuda" \(libcuda\.so\.1: not in \/nowhere\): it needs an NVIDIA GPU/);
    return true;
  });
});

test("a path that does not open is named with its reason, and the usual places follow", () => {
  const search = findLibrary({ path: "/nowhere/libblas.so", threads: 1 }, "linux");
  assert.match(search.misses[0] ?? "", /^\/nowhere\/libblas\.so: \S.*$/);
  if (search.library === null) assert.ok(search.misses.length > 2);
});

test("a library without the routines is passed over with the name of what is missing", () => {
  const path = process.platform === "darwin" ? "libSystem.B.dylib" : "libm.so.6";
  const { misses } = findLibrary({ path, threads: 1 });
  assert.match(misses[0] ?? "", /(?:has no dgemm_|cannot open)/);
});

test("a system without a usual place says so", () => {
  const { library, misses } = findLibrary({ threads: 1 }, "aix");
  assert.equal(library, null);
  assert.deepEqual(misses, ["no usual place is known on aix"]);
});

test("auto takes a BLAS if there is one, else portable, and tells what it passed over", () => {
  const { provider, rejected } = openProvider("auto", { blasPath: "/nowhere/libblas.so" });
  assert.ok(rejected.some((line) => line.includes("/nowhere/libblas.so: ")), rejected.join("\n"));
  const { library } = findLibrary({ threads: 1 });
  assert.equal(provider.name, library === null ? "portable" : "openblas");
});

test("portable opens by its name, with nothing to report", () => {
  const { provider, rejected } = openProvider("portable");
  assert.equal(provider.name, "portable");
  assert.deepEqual(rejected, []);
});
