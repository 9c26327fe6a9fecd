// The exam that the store sits on every database: what coordinator/store/port.ts promises.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import type { Database } from "../../coordinator/store/database.ts";
import { openDatabase } from "../../coordinator/store/open.ts";
import { migrateDatabase } from "../../coordinator/store/migrate.ts";
import { storeOver } from "../../coordinator/store/store.ts";
import type { Store } from "../../coordinator/store/port.ts";
import { examineAttempts } from "./store-attempts.ts";
import { examineFiles } from "./store-files.ts";
import { examineJobs } from "./store-jobs.ts";
import { examineRows } from "./store-rows.ts";
import { examineSeries } from "./store-series.ts";
import { examineSql } from "./store-sql.ts";
import { examineStudies } from "./store-studies.ts";

/** What a test of the exam gets: the store, and the database beneath it. */
export interface Bench {
  readonly store: Store;
  readonly database: Database;
}

/** Names and runs one question of the exam. */
export type Exam = (title: string, body: (bench: Bench) => Promise<void>) => void;

/**
 * Runs the exam on the database at a URL. All questions share it, each with studies of its own.
 * @param url gives the URL; it is asked once, when the tests start.
 * @param skip why the exam cannot be sat here, or false.
 */
export function examineStore(
  name: string,
  url: () => Promise<string>,
  skip: string | false = false,
): void {
  let bench: Bench | undefined;
  before(async () => {
    if (skip !== false) return;
    const database = await openDatabase(await url());
    await migrateDatabase(database);
    bench = { database, store: storeOver(database) };
  });
  after(() => bench?.store.close());
  const exam: Exam = (title, body) => {
    test(`${name}: ${title}`, { skip }, async () => {
      assert.ok(bench !== undefined, "the database did not open");
      await body(bench);
    });
  };
  examineStudies(exam);
  examineJobs(exam);
  examineAttempts(exam);
  examineFiles(exam);
  examineRows(exam);
  examineSeries(exam);
  examineSql(exam);
}
