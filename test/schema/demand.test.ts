// A job's size: an upper bound of what it takes, tight, and read the same by everybody.
import assert from "node:assert/strict";
import test from "node:test";
import { demandOf, demandOfSize, JobSize, jobsAtOnce, largestFirst, type Machine, SMALL, SMALL_BYTES, sizeOf } from "../../schema/demand.ts";
import { largeOrder, noopOrder } from "../support/orders.ts";

const GIB = 2 ** 30;

test("a size is at least the demand, and at most a sixteenth and a mebibyte more", () => {
  for (let bytes = SMALL_BYTES + 1; bytes < 4_000 * GIB; bytes = Math.floor(bytes * 1.0137)) {
    const resident = { hostBytes: Math.floor(bytes / 97), deviceBytes: Math.floor(bytes / 1.7) };
    for (const demand of [{ hostBytes: bytes, resident: null }, { hostBytes: bytes, resident }]) {
      const sized = demandOfSize(JobSize.parse(sizeOf(demand)));
      const pairs: [number, number][] = [[bytes, sized.hostBytes]];
      if (demand.resident !== null) {
        pairs.push([resident.hostBytes, sized.resident?.hostBytes ?? 0], [resident.deviceBytes, sized.resident?.deviceBytes ?? 0]);
      } else assert.equal(sized.resident, null);
      for (const [exact, rounded] of pairs) {
        assert.ok(rounded >= exact && rounded <= exact * (17 / 16) + 2 ** 20, `${exact} became ${rounded}`);
      }
    }
  }
});

test("a size keeps its name when it is rounded again", () => {
  for (const order of [largeOrder(12_000), largeOrder(16_000), largeOrder(50_000)]) {
    const size = sizeOf(demandOf(order));
    assert.equal(sizeOf(demandOfSize(size)), size);
  }
});

test("up to a gibibyte a job is small, and fits every worker", () => {
  assert.equal(sizeOf({ hostBytes: SMALL_BYTES, resident: null }), SMALL);
  assert.notEqual(sizeOf({ hostBytes: SMALL_BYTES + 1, resident: null }), SMALL);
  assert.equal(sizeOf(demandOf(noopOrder({ points: 10, perJob: 1 }))), SMALL);
  const least: Machine = { provider: "portable", memoryBytes: 1, slots: 3, gpus: [] };
  assert.equal(jobsAtOnce(SMALL, least), 3);
});

test("sizes are sorted with the largest first, small ones last", () => {
  const sizes = [SMALL, ...[20_000, 40_000, 12_000].map((train) => sizeOf(demandOf(largeOrder(train))))];
  const bytes = sizes.sort(largestFirst).map((size) => demandOfSize(size).hostBytes);
  assert.deepEqual(bytes, [...bytes].sort((a, b) => b - a));
  assert.equal(sizes.at(-1), SMALL);
});

test("as many jobs run at once as memory has room for and slots there are", () => {
  const size = sizeOf({ hostBytes: 10 * GIB, resident: null });
  const machine = (memoryGib: number): Machine => ({ provider: "openblas", memoryBytes: memoryGib * GIB, slots: 4, gpus: [] });
  const { hostBytes } = demandOfSize(size);
  for (let memoryGib = 1; memoryGib < 80; memoryGib++) {
    let fit = 0;
    while (fit < 4 && (fit + 1) * hostBytes <= memoryGib * GIB) fit++;
    assert.equal(jobsAtOnce(size, machine(memoryGib)), fit);
  }
});
