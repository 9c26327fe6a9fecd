// The native provider sits the exam wherever a BLAS is found.
import { test } from "node:test";
import { openOpenblas } from "../../worker/linalg/openblas.ts";
import { examineLinalg } from "../contract/linalg.ts";
import { INSTALL_LINE } from "../support/packages.ts";

function open() {
  const { provider, misses } = openOpenblas();
  if (provider === null) throw new Error(misses.join("; "));
  return provider;
}

const { provider, misses } = openOpenblas();
if (provider === null) {
  test("openblas sits the exam", { skip: `${misses.join("; ")}: ${INSTALL_LINE}` }, () => {});
} else {
  examineLinalg("openblas", open);
}
