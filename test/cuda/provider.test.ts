// The provider on the fake CUDA sits the exam; where there is a GPU, on that one too.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openCuda } from "../../worker/linalg/cuda.ts";
import { examineLinalg } from "../contract/linalg.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";

/** Bytes that the determinism exam's two threads, which end without closing, leave. */
const OF_THREADS = 2 * 4;

const skip = whyNoFake();
if (skip === null) {
  const fake = buildFakeCuda();
  const search = openCuda(fake.variables);
  const { provider } = search;
  if (provider === null) throw new Error(search.misses.join("; "));
  examineLinalg("cuda on a fake device", () => provider, { cuda: fake.variables });

  after(() => {
    assert.equal(fake.violations(), 0, fake.violation());
    provider.session.close();
    assert.equal(fake.used(), OF_THREADS, "bytes of device memory are still held");
  });
} else {
  test("cuda sits the exam on a fake device", { skip }, () => {});
}
