// The exam every queue adapter sits: what queue/port.ts promises, from both ends.
import test from "node:test";
import { examineCheckpoints } from "./queue-checkpoints.ts";
import { examineLapsing, examineLeasing, examinePublishing } from "./queue-jobs.ts";
import { examineFiles, examineOrders, examinePresence, examineReports } from "./queue-reports.ts";
import { examineSizes } from "./queue-sizes.ts";
import type { Exam, QueueUnderTest } from "./queue-under-test.ts";

export type { QueueUnderTest };

/** Runs the exam; `open` gives a fresh, empty queue. */
export function examineQueue(name: string, open: () => Promise<QueueUnderTest>): void {
  const exam: Exam = (title, body) => {
    test(`${name}: ${title}`, async () => {
      const queue = await open();
      try {
        await body(queue);
      } finally {
        await queue.close();
      }
    });
  };
  examineLeasing(exam);
  examineLapsing(exam);
  examinePublishing(exam);
  examineSizes(exam);
  examineOrders(exam);
  examineReports(exam);
  examineFiles(exam);
  examineCheckpoints(exam);
  examinePresence(exam);
}
