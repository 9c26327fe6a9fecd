import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  decodeReport,
  encodeReport,
  METRICS_MAX,
  PAYLOAD_BYTES_MIN,
  pointsPerReport,
  readStamp,
  REPORT_BYTES_MAX,
  type Stamp,
  stampMismatch,
  stampText,
} from "../../queue/wire.ts";
import type { ResultBlock } from "../../schema/column.ts";
import type { Attempt, Report } from "../../schema/job.ts";
import { metricsOf } from "../../schema/experiments/registry.ts";
import { REPORT_POINTS_MAX } from "../../schema/limits.ts";
import { parseStudy } from "../../schema/study.ts";
import { noopOrder } from "../support/orders.ts";

const study = noopOrder({ points: 2, perJob: 1 }).key;
const SEED = { seed: 3 };

const anyBlock = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 6 }))
  .chain(([points, count]) =>
    fc.record({
      status: fc.uint8Array({ minLength: points, maxLength: points, max: 3 }),
      columns: fc.array(fc.bigUint64Array({ minLength: points, maxLength: points }), {
        minLength: count,
        maxLength: count,
      }),
    }),
  )
  .map(({ status, columns }) => ({
    status: new Uint8Array(status),
    metrics: Object.fromEntries(
      columns.map((bits, k) => [`m${k}`, new Float64Array(bits.slice().buffer)]),
    ),
  }))
  .chain((block) => fc.option(anySeries(block.status.length), { nil: undefined })
    .map((series) => (series === undefined ? block : Object.assign({}, block, { series }))));

/** One or two series tables with rows of a block of `points` points. */
function anySeries(points: number): fc.Arbitrary<NonNullable<ResultBlock["series"]>> {
  const rows = fc.array(
    fc.tuple(fc.integer({ min: 0, max: points - 1 }), fc.double(), fc.double()), { maxLength: 9 });
  return fc.array(rows, { minLength: 1, maxLength: 2 }).map((tables) =>
    Object.fromEntries(tables.map((table, k) => [`series${k}`, {
      point: Int32Array.from(table, ([point]) => point).sort(),
      columns: { key: Float64Array.from(table, ([, key]) => key), a: Float64Array.from(table, ([, , a]) => a) },
    }])));
}

const anyReport = fc.record({
  job: fc.nat().map((number) => ({ study, number })),
  offset: fc.integer({ min: 0, max: 90_000 }),
  block: fc.option(anyBlock),
  attempt: fc.constant(null),
});

/** Everything a report says, with doubles as their bits: NaN payloads and -0 count. */
function bitsOf({ job, offset, block, attempt }: Report): unknown {
  const metrics = Object.entries(block?.metrics ?? {}).map(([name, column]) => [
    name,
    Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString("hex"),
  ]);
  const series = Object.entries(block?.series ?? {}).map(([table, { point, columns }]) => [
    table,
    [...point],
    Object.entries(columns).map(([name, column]) => [name, Buffer.from(column.buffer).toString("hex")]),
  ]);
  return { job, offset, attempt, metrics, series, status: block === null ? null : [...block.status] };
}

function reasonOf(bytes: Uint8Array): string {
  const decoded = decodeReport(bytes);
  return decoded.ok ? "accepted" : decoded.reason;
}

function failed(message: string): Attempt {
  return {
    job: { study, number: 0 },
    worker: "w",
    publishedAt: 1_699_999_999_999.125,
    delivery: 1,
    startedAt: 0,
    finishedAt: 1,
    provider: null,
    outcome: { kind: "failed", failure: { kind: "bug", code: "unexpected", message } },
    timings: { prepareMs: 0, measureMs: 0 },
  };
}

const small: Report = {
  job: { study, number: 4 },
  offset: 0,
  block: { status: Uint8Array.of(0, 1), metrics: { a: Float64Array.of(1, 2) } },
  attempt: null,
};

test("wire: a report that was encoded is decoded to the same bits, wherever it lies", () => {
  fc.assert(
    fc.property(anyReport, fc.integer({ min: 0, max: 9 }), (report, shift) => {
      const bytes = encodeReport(report);
      const placed = new Uint8Array(bytes.length + shift);
      placed.set(bytes, shift);
      const decoded = decodeReport(placed.subarray(shift));
      assert.ok(decoded.ok);
      placed.fill(0xff); // the decoded report owns its memory
      assert.deepEqual(bitsOf(decoded.value), bitsOf(report));
    }),
    SEED,
  );
});

test("wire: damaged or arbitrary bytes are refused with a reason or decoded, never thrown", () => {
  const damaged = fc
    .tuple(anyReport, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
    .map(([report, at, byte, cut]) => {
      const bytes = encodeReport(report);
      bytes[at % bytes.length] = byte;
      return cut % 3 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes;
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const decoded = decodeReport(bytes);
      if (decoded.ok) assert.doesNotThrow(() => encodeReport(decoded.value));
      else assert.ok(decoded.reason.length > 0);
    }),
    { ...SEED, numRuns: 3000 },
  );
});

test("wire: a report is refused for each thing that can be wrong with it, by name", () => {
  const good = encodeReport(small);
  const tail = good.length - 1;
  const withStatus = good.slice();
  withStatus[tail] = 200;
  const header = (change: (text: string) => string): Uint8Array => {
    const length = new DataView(good.buffer).getUint32(0, true);
    const text = change(new TextDecoder().decode(good.subarray(4, 4 + length)));
    const start = Math.ceil((4 + text.length) / 8) * 8;
    const bytes = new Uint8Array(start + 18);
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(new TextEncoder().encode(text), 4);
    return bytes;
  };
  const cases: Array<[Uint8Array, RegExp]> = [
    [new Uint8Array(REPORT_BYTES_MAX + 1), /8388609 bytes is over the limit of 8388608/],
    [new Uint8Array(3), /3 bytes/],
    [good.subarray(0, tail), /17 bytes, its header says 18/],
    [withStatus, /unknown status code 200/],
    [header((text) => text), /^accepted$/],
    [header((text) => text.replace('"points":2', '"points":0')), /points/],
    [header((text) => text.replace('"points":2', '"points":10001')), /points/],
    [header((text) => text.replace('"offset":0', '"offset":-1')), /offset/],
    [header((text) => text.replace('"offset":0', '"offset":99999')), /ends at point 100001/],
    [header((text) => text.replace('"number":4', '"number":0.5')), /job.number/],
    [header((text) => text.replace('["a"]', '["__proto__"]')), /metrics.0: not a metric's name/],
    [header((text) => text.replace('["a"]', '["a","a"]')), /18 bytes, its header says 34/],
    [header((text) => text.replace('"attempt":null', '"attempt":{}')), /attempt/],
    [header((text) => `${text}}`), /not JSON/],
  ];
  for (const [bytes, reason] of cases) assert.match(reasonOf(bytes), reason);
});

test("wire: what could not be decoded is not encoded", () => {
  const block = { status: new Uint8Array(2), metrics: { a: new Float64Array(3) } };
  assert.throws(() => encodeReport({ ...small, block }), /a has 3 values, status has 2/);
  assert.throws(() => encodeReport({ ...small, offset: -1 }), /offset/);
  const endless = { ...failed("x"), finishedAt: Number.NaN };
  assert.throws(() => encodeReport({ ...small, attempt: endless }), /attempt.finishedAt/);
});

test("wire: a failure's message is cut, so that any attempt fits its header", () => {
  const decoded = decodeReport(encodeReport({ ...small, attempt: failed("\u0001".repeat(1e6)) }));
  assert.ok(decoded.ok && decoded.value.attempt?.outcome.kind === "failed");
  assert.equal(decoded.value.attempt.outcome.failure.message, "\u0001".repeat(8000));
});

test("wire: maxPoints points fit the payload limit, whatever the attempt says", () => {
  const names = Array.from({ length: METRICS_MAX }, (_, k) => `m${k}`.padEnd(63, "_"));
  for (const limit of [PAYLOAD_BYTES_MIN, 200_000, 1_048_576, 67_108_864]) {
    for (const count of [0, 1, 10, METRICS_MAX]) {
      const points = pointsPerReport(limit, count);
      assert.ok(points >= 1 && points <= REPORT_POINTS_MAX);
      const metrics = Object.fromEntries(
        names.slice(0, count).map((name) => [name, new Float64Array(points)]),
      );
      const block = { status: new Uint8Array(points), metrics };
      const bytes = encodeReport({ ...small, block, attempt: failed("\u0001".repeat(9000)) });
      assert.ok(bytes.length + 1_000 <= limit, `${bytes.length} bytes of ${limit}`);
    }
  }
  assert.ok(pointsPerReport(PAYLOAD_BYTES_MIN - 1, METRICS_MAX) < 1);
});

test("wire: the metrics of whatever a study may ask for fit a report", () => {
  const extras: readonly object[] = [
    { curvature: {} }, { screening: {} }, { precision: "mixed" }, { intercept: true }, { gradient_penalty: [1] }, { probe_distance: [1] },
  ];
  const kinds = ["clones", "added", "replace", "cluster", "shortcut"];
  const counts = kinds.flatMap((kind) => Array.from({ length: 2 ** extras.length }, (_, chosen) => {
    const asked = Object.assign({}, ...extras.filter((_, bit) => ((chosen >> bit) & 1) === 1));
    const { gradient_penalty, probe_distance, ...blocks } = asked;
    const attack = { kind, ...(kind === "shortcut" ? {} : { trigger: { kind: "cross" } }), ...(kind === "cluster" ? { spread: 1 } : {}) };
    const axes = { length_scale: [1], ridge: [1], poison_count: [0, 1],
      ...(gradient_penalty === undefined ? {} : { gradient_penalty }), ...(probe_distance === undefined ? {} : { probe_distance }) };
    const parsed = parseStudy({ name: "s", experiment: "krr", data: { source: "glyphs", train: 200, test: 200 }, kernel: "rbf", attack, axes, ...blocks });
    return parsed.ok ? metricsOf(parsed.spec).length : 0;
  }));
  assert.ok(counts.filter((count) => count > 0).length > kinds.length);
  assert.ok(Math.max(...counts) <= METRICS_MAX, `${Math.max(...counts)} metrics, METRICS_MAX ${METRICS_MAX}`);
});

test("wire: a stamp survives its text, with blanks made visible", () => {
  const stamp: Stamp = { wire: 1, version: "0.1.0", cluster: "c_1", sender: "node-7/gpu0" };
  assert.deepEqual(readStamp(stampText(stamp)), stamp);
  assert.equal(readStamp(stampText({ ...stamp, sender: "a b\nc" }))?.sender, "a_b_c");
  for (const text of ["", "1 2 3", "x 0.1.0 c w", "1 0.1.0 c w more"]) {
    assert.equal(readStamp(text), null);
  }
});

test("wire: another format or cluster is named on both sides", () => {
  const ours: Stamp = { wire: 1, version: "0.1.0", cluster: "a", sender: "me" };
  assert.equal(stampMismatch({ ...ours, version: "0.1.9", sender: "w" }, ours), null);
  const newer = stampMismatch({ ...ours, wire: 2, version: "0.2.0", sender: "w" }, ours);
  for (const part of ["format 2", "0.2.0", "w", "here 1", "0.1.0"])
    assert.ok(newer?.includes(part));
  assert.match(
    stampMismatch({ ...ours, cluster: "b" }, ours) ?? "",
    /cluster b, here is a: .*prefix/,
  );
});
