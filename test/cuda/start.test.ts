// A worker on the fake's two GPUs: a process for each; and what becomes of it where CUDA is broken.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { realClock } from "../../queue/clock.ts";
import { memoryQueue } from "../../queue/memory.ts";
import { UserError } from "../../schema/failure.ts";
import type { Presence } from "../../schema/job.ts";
import type { CudaVariables, ProviderChoice } from "../../schema/provider.ts";
import { type RunningWorker, startOnGpus } from "../../worker/root.ts";
import { buildFakeCuda, whyNoFake } from "../support/fake-cuda.ts";

const skip = whyNoFake() ?? false;

interface Started {
  readonly worker: RunningWorker;
  readonly warnings: readonly string[];
  readonly presences: () => Promise<readonly Presence[]>;
}

async function start(t: TestContext, provider: ProviderChoice, cuda: CudaVariables): Promise<Started> {
  const warnings: string[] = [];
  const queue = memoryQueue(realClock);
  const worker = await startOnGpus({
    queue: queue.worker, clock: realClock, worker: "w", host: "h", version: "test",
    memoryBytes: 1e9, provider, blasPath: null, cuda, cacheBytes: 1e8, threads: 3, processes: [{}],
    warn: (message) => warnings.push(message), breakEven,
  });
  t.after(() => worker.kill());
  return { worker, warnings, presences: () => queue.coordinator.presences() };
}

const breakEven = [{ order: 500, ridges: 30 }];

for (const provider of ["auto", "cuda"] as const) {
  test(`${provider} gives each GPU a process with one thread`, { skip }, async (t) => {
    const { worker, warnings, presences } = await start(t, provider, buildFakeCuda().variables);
    const [presence] = await presences();
    assert.deepEqual(presence?.gpus.map((gpu) => gpu.breakEven), [breakEven, breakEven]);
    assert.equal(worker.hello.provider, "cuda");
    assert.match(worker.hello.detail, /Fake GPU/);
    assert.equal(worker.threads, 2);
    assert.deepEqual(warnings, []);
  });
}

test("auto warns and computes on the processor where CUDA cannot be used", { skip }, async (t) => {
  const { worker, warnings } = await start(t, "auto", buildFakeCuda({ without: "cublasDsyrk_v2" }).variables);
  assert.notEqual(worker.hello.provider, "cuda");
  assert.equal(worker.threads, 3);
  assert.match(warnings.join("\n"), /^the GPUs are not used: .*libcublas\.so\.12: has no cublasDsyrk_v2/);
});

test("cuda by name fails where CUDA cannot be used", { skip }, async (t) => {
  await assert.rejects(start(t, "cuda", buildFakeCuda({ without: "cublasDsyrk_v2" }).variables), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /no linear algebra provider "cuda" .*has no cublasDsyrk_v2/);
    return true;
  });
});

test("a provider of the host starts without a look at GPUs", { skip }, async (t) => {
  const { worker } = await start(t, "portable", buildFakeCuda().variables);
  assert.equal(worker.hello.provider, "portable");
});
