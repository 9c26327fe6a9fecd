// The native provider sits the exam wherever a BLAS is found; NEARCLONE_BLAS may name another.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openOpenblas } from "../../worker/linalg/openblas.ts";
import { examineLinalg } from "../contract/linalg.ts";
import { INSTALL_LINE } from "../support/packages.ts";

const options = { blasPath: process.env["NEARCLONE_BLAS"] };

function open() {
  const { provider, misses } = openOpenblas(options);
  if (provider === null) throw new Error(misses.join("; "));
  return provider;
}

const { provider, misses } = openOpenblas(options);
if (provider === null) {
  test("openblas sits the exam", { skip: `${misses.join("; ")}: ${INSTALL_LINE}` }, () => {});
} else {
  examineLinalg(provider.detail, open, options);

  test("kernels for old processors, too, give the same bits wherever the data lies", () => {
    // Core2's kernels peel off an odd first number. Where OpenBLAS has them it obeys the variable.
    const script = new URL("../contract/linalg/print-hashes.js", import.meta.url);
    const path = options.blasPath === undefined ? [] : [options.blasPath];
    const run = spawnSync(process.execPath, [fileURLToPath(script), "openblas", ...path], {
      env: { ...process.env, OPENBLAS_CORETYPE: "Core2" },
      encoding: "utf8",
    });
    assert.equal(run.status, 0, run.stderr);
    const { hashes, detail } = JSON.parse(run.stdout);
    assert.deepEqual(hashes, hashes.map(() => hashes[0]), detail);
  });
}
