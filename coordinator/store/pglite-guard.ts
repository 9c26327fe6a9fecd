// Keeps the embedded database from running into a full disk, and from hanging if it breaks down.
//
// Postgres answers a log that cannot grow with a panic: the process is to end, and its next start
// recovers. Compiled into this process it cannot end, and PGlite would go on asking it for ever;
// after other failures it answers, but wrongly. So room is looked for before writing, and a database
// that broke down says nothing any more. What it had committed is in its files.
import { statfsSync } from "node:fs";
import type { PGlite } from "@electric-sql/pglite";
import { UserError } from "../../schema/failure.ts";
import { DISK_FULL, sqlState } from "./database.ts";

/** Free bytes below which nothing is written: a few segments of the log, and the way back. */
const RESERVE_BYTES = 64 * 2 ** 20;
/** Rows end in table, index and log, and in whole pages. */
const BYTES_PER_BYTE = 4;

/** "cannot drop active portal": the session lost its bearings. */
const INVALID_CURSOR_STATE = "24000";
/** How PGlite's Postgres leaves its main loop to handle an ordinary error. */
const ORDINARY_ERROR = 100;

/** A full disk, by the code that Postgres has for it: to wait for, or to tell the user. */
class DiskFull extends UserError {
  readonly code = DISK_FULL;
}

export interface Guard {
  /** Throws if `bytes` more rows might fill the disk. */
  needRoom(bytes: number): void;
  /** Does `work`, unless or until the database breaks down: then throws UserError. */
  watch<Result>(work: () => Promise<Result>): Promise<Result>;
  readonly isBroken: () => boolean;
}

/** @param folder where the database keeps its files; null in memory. */
export function guardOf(client: PGlite, label: string, folder: string | null): Guard {
  let isBroken = false;
  const refuse = (): never => {
    throw new UserError(
      `database ${label}: broke down: is its disk full, or failing? what was committed is safe: ` +
        "make room and start again",
    );
  };
  endInPanic(client, () => {
    isBroken = true;
  });
  return {
    needRoom: (bytes) => {
      if (folder !== null) needRoom(folder, bytes);
    },
    watch: async (work) => {
      if (isBroken) refuse();
      try {
        return await work();
      } catch (error) {
        isBroken ||= sqlState(error) === INVALID_CURSOR_STATE;
        if (isBroken) refuse();
        throw error;
      }
    },
    isBroken: () => isBroken,
  };
}

/** Throws UserError if `bytes` more of rows might fill the disk that `folder` is on. */
export function needRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = RESERVE_BYTES + BYTES_PER_BYTE * bytes;
  if (bavail * bsize >= needed) return;
  const mb = (some: number): number => Math.floor(some / 2 ** 20);
  throw new DiskFull(
    `database ${folder}: ${mb(bavail * bsize)} MB are free on its disk, ${mb(needed)} MB are needed`,
  );
}

/**
 * PGlite asks again whatever its main loop throws, and then for what is left to send: after a panic
 * both would go on for ever. So from then on all three doors into it are shut.
 */
function endInPanic(client: PGlite, onPanic: () => void): void {
  // oxlint-disable no-underscore-dangle -- the names are PGlite's
  const { Module: module } = client;
  const loopOnce = module._PostgresMainLoopOnce;
  const restore = module.stackRestore;
  const sendReady = module._PostgresSendReadyForQueryIfNecessary;
  let panic: unknown;
  const stopAfterPanic = (): void => {
    if (panic !== undefined) throw new Error("the embedded database is gone", { cause: panic });
  };
  module._PostgresMainLoopOnce = () => {
    stopAfterPanic();
    try {
      loopOnce();
    } catch (error) {
      if (!isOrdinary(error)) {
        panic = error;
        onPanic();
      }
      throw error;
    }
  };
  module.stackRestore = (pointer) => {
    stopAfterPanic();
    return restore(pointer);
  };
  module._PostgresSendReadyForQueryIfNecessary = () => {
    stopAfterPanic();
    sendReady();
  };
}

const isOrdinary = (error: unknown): boolean =>
  error instanceof Object && "status" in error && error.status === ORDINARY_ERROR;
