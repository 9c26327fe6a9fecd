// A worker's memory among its jobs.
import assert from "node:assert/strict";
import test from "node:test";
import { demandOfSize, type JobSize, SMALL, SMALL_BYTES, sizeOf } from "../../schema/demand.ts";
import { MemoryRoom } from "../../worker/room.ts";
import { randomFrom } from "../../data/random.ts";

const GIB = 2 ** 30;
const sizeOfGib = (gib: number): JobSize => sizeOf({ hostBytes: gib * GIB, resident: null });
const sizes = [SMALL, ...[2, 5, 11, 24].map(sizeOfGib)];

test("what runs never takes more than there is, and what fits the machine fits once it is alone", () => {
  const next = randomFrom(3);
  const memoryBytes = 20 * GIB;
  const room = new MemoryRoom({ provider: "openblas", memoryBytes, slots: 8, gpus: [] });
  const running: JobSize[] = [];
  const bytes = (size: JobSize): number =>
    size === SMALL ? Math.min(SMALL_BYTES, memoryBytes / 8) : demandOfSize(size).hostBytes;
  for (let step = 0; step < 5_000; step++) {
    const size = sizes[Math.floor(next.uniform() * sizes.length)] ?? SMALL;
    const used = running.reduce((sum, one) => sum + bytes(one), 0);
    const expected = size !== SMALL && bytes(size) > memoryBytes ? "never" : used + bytes(size) <= memoryBytes ? "now" : "later";
    assert.equal(room.fitOf(size), expected);
    const free = expected === "never" ? 0 : Math.floor((memoryBytes - used) / bytes(size));
    assert.equal(room.free(size), free);
    if (expected === "now" && next.uniform() < 0.6) {
      room.take(size);
      running.push(size);
    } else {
      const [ended] = running.splice(Math.floor(next.uniform() * running.length), 1);
      if (ended !== undefined) room.giveBack(ended);
    }
  }
});

test("with a device the host's memory is asked for rows only, the device's for the rest", () => {
  const size = sizeOf({ hostBytes: 40 * GIB, resident: { hostBytes: GIB / 2, deviceBytes: 20 * GIB } });
  const machine = { memoryBytes: 2 * GIB, slots: 4 };
  const fit = (provider: string, ...gib: readonly number[]): string =>
    new MemoryRoom({ ...machine, provider, gpus: gib.map((one) => ({ memoryBytes: one * GIB })) }).fitOf(size);
  assert.equal(fit("cuda", 24), "now");
  assert.equal(fit("cuda", 24, 16), "never", "any of its processes may get the job");
  assert.equal(fit("openblas", 24), "never");
  assert.equal(fit("cuda"), "now", "a GPU that does not tell its memory is asked when the job comes");
});

test("small jobs fill the slots of a machine with little memory", () => {
  const room = new MemoryRoom({ provider: "portable", memoryBytes: GIB, slots: 16, gpus: [] });
  for (let slot = 0; slot < 16; slot++) {
    assert.equal(room.fitOf(SMALL), "now");
    room.take(SMALL);
  }
});
