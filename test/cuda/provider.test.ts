// The provider and its device on the fake CUDA sit the exams; where there is a GPU, on that one too.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { cudaVariables } from "../../schema/provider.ts";
import { openCuda } from "../../worker/linalg/cuda.ts";
import { examineDevice } from "../contract/device.ts";
import { examineLinalg } from "../contract/linalg.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";

/** Bytes that the determinism exam's two threads, which end without closing, leave. */
const OF_THREADS = 2 * 4;

const skip = whyNoFake();
if (skip === null) {
  const fake = buildFakeCuda();
  const { provider, misses } = openCuda(fake.variables);
  if (provider?.device === undefined) throw new Error(misses.join("; "));
  examineLinalg("cuda on a fake device", () => provider, { cuda: fake.variables });
  examineDevice("cuda on a fake device", provider.device);

  after(() => {
    assert.equal(fake.violations(), 0, fake.violation());
    provider.session.close();
    assert.equal(fake.used(), OF_THREADS, "bytes of device memory are still held");
  });
} else {
  test("cuda sits the exam on a fake device", { skip }, () => {});
}

const here = cudaVariables(process.env);
const { provider, misses } = openCuda(here);
if (provider?.device !== undefined) {
  examineLinalg(provider.detail, () => provider, { cuda: here });
  examineDevice(provider.detail, provider.device);
} else if (process.env["NEARCLONE_NO_SKIP"] === "1") {
  // Where nothing may skip, nobody expects a GPU: it is only said that there was none.
  console.log(`cuda did not sit the exam on a GPU: ${misses.join("; ")}`);
} else {
  test("cuda sits the exam on this machine's GPU", { skip: `no GPU: ${misses.join("; ")}` }, () => {});
}
