// The queue exam on what is not a job: orders, reports and presence.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { FileRecord } from "../../schema/data.ts";
import type { Attempt, Job, Presence, Report, StudyOrder } from "../../schema/job.ts";
import { REPORT_POINTS_MAX } from "../../schema/limits.ts";
import {
  aborted,
  type Exam,
  job,
  order,
  other,
  type QueueUnderTest,
  receiveAll,
  reportOf,
} from "./queue-under-test.ts";

function attemptOf(number: number, outcome: Attempt["outcome"]): Attempt {
  return {
    job: job(number),
    worker: "w1",
    publishedAt: 1_699_999_999_999.125,
    delivery: 2,
    startedAt: 1_700_000_000_000.5,
    finishedAt: 1_700_000_000_001,
    provider: "portable",
    outcome,
    timings: { prepareMs: 0, measureMs: 1 / 3 },
  };
}

export function examineOrders(exam: Exam): void {
  exam("an announced order reaches workers unchanged", async (queue) => {
    await queue.coordinator.announce(order);
    assert.deepEqual(await queue.worker.order(order.key), order);
  });

  exam("an order announced again replaces the former", async (queue) => {
    await queue.coordinator.announce(order);
    await queue.coordinator.announce(other);
    const renamed = { ...order, folder: "/elsewhere" };
    await queue.coordinator.announce(renamed);
    assert.deepEqual(await queue.worker.order(order.key), renamed);
    assert.deepEqual(await queue.worker.order(other.key), other);
  });

  exam("an order larger than any message arrives whole", async (queue) => {
    const values = Array.from({ length: 300_000 }, (_, i) => Math.sin(i));
    const large: StudyOrder = { ...order, spec: { ...order.spec, axes: { x: values } } };
    await queue.coordinator.announce(large);
    assert.deepEqual(await queue.worker.order(order.key), large);
  });

  exam("an order that was never announced is an error naming the study", async (queue) => {
    await assert.rejects(queue.worker.order(order.key), new RegExp(order.key));
  });
}

export function examineReports(exam: Exam): void {
  exam("reports arrive once each, bit for bit, with NaN", async (queue) => {
    for (let i = 0; i < 5; i++) await queue.worker.report(reportOf(i));
    const got = await receiveAll(queue.coordinator, 5);
    const byNumber = got.map(({ report }) => report).sort((a, b) => a.job.number - b.job.number);
    assert.deepEqual(byNumber, [0, 1, 2, 3, 4].map(reportOf));
    for (const one of got) await one.accept();
    assert.deepEqual(await queue.coordinator.receive(10, aborted), []);
  });

  exam("a double keeps its bits: negative zero, subnormals, a NaN's payload", async (queue) => {
    const bits = BigUint64Array.of(
      0x8000000000000000n,
      1n,
      0x7ff8dead00000001n,
      0xfff0000000000000n,
    );
    const hash = new Float64Array(bits.slice().buffer);
    await queue.worker.report({
      ...reportOf(0),
      block: { status: new Uint8Array(4), metrics: { hash } },
    });
    const [one] = await receiveAll(queue.coordinator, 1);
    const column = one?.report.block?.metrics["hash"] ?? new Float64Array();
    assert.deepEqual(new BigUint64Array(column.slice().buffer), bits);
    await one?.accept();
  });

  exam("an attempt's end arrives with its rows or without", async (queue) => {
    const failure = {
      kind: "resource",
      code: "out_of_memory",
      message: "µ\n\u0000 \ud800",
    } as const;
    const sent: Report[] = [
      { ...reportOf(1), offset: 70_000, attempt: attemptOf(1, { kind: "done", points: 2 }) },
      { job: job(2), offset: 0, block: null, attempt: attemptOf(2, { kind: "failed", failure }) },
      { job: job(3), offset: 0, block: null, attempt: attemptOf(3, { kind: "interrupted" }) },
    ];
    for (const report of sent) await queue.worker.report(report);
    const got = await receiveAll(queue.coordinator, 3);
    const reports = got.map(({ report }) => report).sort((a, b) => a.job.number - b.job.number);
    assert.deepEqual(reports, sent);
  });

  exam("a report may carry maxPoints points of many metrics", async (queue) => {
    for (const metricCount of [1, 10, 40]) {
      const points = queue.worker.maxPoints(metricCount);
      assert.ok(points >= 1 && points <= REPORT_POINTS_MAX, `${points} points`);
      const names = Array.from({ length: metricCount }, (_, index) => `metric_${index}`);
      const metrics = Object.fromEntries(
        names.map((name, k) => [
          name,
          Float64Array.from({ length: points }, (_, i) => i / (k + 1)),
        ]),
      );
      const sent: Report = {
        ...reportOf(0),
        block: { status: new Uint8Array(points).fill(1), metrics },
      };
      await queue.worker.report(sent);
      const [one] = await receiveAll(queue.coordinator, 1);
      assert.deepEqual(one?.report, sent);
      await one?.accept();
    }
  });

  exam("a refused report arrives again", async (queue) => {
    await queue.worker.report(reportOf(3));
    const [first] = await receiveAll(queue.coordinator, 1);
    await first?.refuse();
    const [second] = await receiveAll(queue.coordinator, 1);
    assert.deepEqual(second?.report, reportOf(3));
    await second?.accept();
  });

  exam(
    "many reports sent at once arrive, at most as many at a time as asked for",
    async (queue) => {
      const numbers = Array.from({ length: 100 }, (_, number) => number);
      await Promise.all(numbers.map((number) => queue.worker.report(reportOf(number))));
      const got = new Set<number>();
      while (got.size < 100) {
        const some = await queue.coordinator.receive(7, AbortSignal.timeout(20_000));
        assert.ok(some.length > 0 && some.length <= 7, `${some.length} at a time`);
        for (const one of some) {
          got.add(one.report.job.number);
          await one.accept();
        }
      }
      assert.deepEqual(
        [...got].sort((a, b) => a - b),
        numbers,
      );
    },
  );
}

export function examineFiles(exam: Exam): void {
  const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251));
  const record = (bytes: Uint8Array): FileRecord => ({
    path: "x.npy", bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  async function* inParts(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const fetched = async (queue: QueueUnderTest, sha256: string): Promise<Buffer | null> => {
    const pieces = await queue.worker.file(sha256);
    if (pieces === null) return null;
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece);
    return Buffer.concat(parts);
  };

  exam("a file that is offered arrives whole, until it is dropped", async (queue) => {
    const file = record(content);
    assert.equal(await queue.worker.file(file.sha256), null);
    await queue.coordinator.offerFile(file, () => inParts(content, 999_999));
    await queue.coordinator.offerFile(file, () => inParts(content, 7));
    assert.ok(content.equals((await fetched(queue, file.sha256)) ?? Buffer.alloc(0)));
    await queue.coordinator.dropFile(file.sha256);
    assert.equal(await queue.worker.file(file.sha256), null);
    await queue.coordinator.dropFile(file.sha256);
  });

  exam("an empty file is a file", async (queue) => {
    const file = record(new Uint8Array());
    await queue.coordinator.offerFile(file, () => inParts(new Uint8Array(), 1));
    assert.equal((await fetched(queue, file.sha256))?.length, 0);
  });
}

export function examinePresence(exam: Exam): void {
  const presenceOf = (worker: string, running: Job[]): Presence => ({
    worker,
    host: "h",
    version: "0",
    provider: "portable",
    slots: 2,
    memoryBytes: 4e9,
    gpus: [],
    running,
  });

  exam("a worker that announced itself is present until the lapse", async (queue) => {
    const presence = presenceOf("w1", [job(1)]);
    await queue.worker.announce(presence);
    assert.deepEqual(await queue.coordinator.presences(), [presence]);
    await queue.elapse(queue.presenceLapseMs + 1);
    assert.deepEqual(await queue.coordinator.presences(), []);
  });

  exam("a worker that announces itself again is present once, as it is now", async (queue) => {
    await queue.worker.announce(presenceOf("w1", [job(1)]));
    await queue.worker.announce(presenceOf("w2", []));
    await queue.worker.announce(presenceOf("w1", [job(2)]));
    const present = [...(await queue.coordinator.presences())];
    present.sort((a, b) => a.worker.localeCompare(b.worker));
    assert.deepEqual(present, [presenceOf("w1", [job(2)]), presenceOf("w2", [])]);
  });
}
