// A round on one machine, without any broker: the disk of the embedded database is full, and later
// there is room again. What is stored then has to be what an undisturbed run stores.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Random, randomFrom } from "../../data/random.ts";
import { openStore } from "../../coordinator/store/open.ts";
import { between, pause } from "./fault.ts";
import { Program } from "./program.ts";
import type { RoundResult, Stage } from "./round.ts";
import { SmallDisk } from "./small-disk.ts";

export const DISK_FULL = "disk of the embedded database full";

/** A new database and what the program wants to be free, with room for some of the study's rows. */
const SMALL_MIB = 116;
const LARGE_MIB = 800;
const DEADLINE_MS = 90_000;

export async function runDiskFull(stage: Stage, seed: number): Promise<RoundResult> {
  const begin = performance.now();
  const { wide } = stage.studies;
  const random = randomFrom(seed);
  const disk = await SmallDisk.open(SMALL_MIB);
  const programs: Program[] = [];
  const run = (): Program => {
    const program = new Program({
      name: `run-${programs.length + 1}`, home: join(disk.folder, "none"), within: disk.within,
      args: ["run", wide.file, "--provider", "portable", "--threads", "1"],
      environment: { NEARCLONE_HOME: disk.folder },
    });
    programs.push(program);
    return program;
  };
  let complaints: readonly string[];
  try {
    complaints = await within(DEADLINE_MS, play(disk, random, run).then(() => examine(disk, stage)));
  } catch (error) {
    complaints = [String(error)];
  }
  for (const program of programs) await program.end();
  await disk.close();
  const lines = programs.map((program) => [`== ${program.name}`].concat(program.lines));
  const dump = complaints.length === 0 ? [] : lines.flat();
  const seconds = (performance.now() - begin) / 1000;
  return { fault: DISK_FULL, seed, seconds, repeated: 0, lost: 0, burnt: 0, complaints, dump };
}

async function play(disk: SmallDisk, random: Random, run: () => Program): Promise<void> {
  const first = run();
  switch (random.below(3)) {
    case 0: // room is made while it waits
      await says(first, /MB are needed: trying again/);
      disk.resize(LARGE_MIB);
      return await ends(first);
    case 1: // it is killed while it waits
      await says(first, /MB are needed: trying again/);
      await first.end("SIGKILL");
      break;
    default: // somebody else takes all of it in the middle of a write
      await says(first, /^algebra/);
      await pause(between(random, 0, 1_000));
      disk.fill();
      await pause(between(random, 500, 2_000));
      first.signal("SIGTERM");
      await first.ended();
      disk.empty();
  }
  disk.resize(LARGE_MIB);
  await ends(run());
}

async function says(program: Program, pattern: RegExp): Promise<void> {
  while (!program.lines.some((line) => pattern.test(line))) {
    if (!program.isRunning) throw new Error(`${program.name} ended without ${String(pattern)}`);
    await pause(20);
  }
}

async function ends(program: Program): Promise<void> {
  const code = await program.ended();
  if (code !== 0) throw new Error(`${program.name} ended with code ${code}`);
}

async function examine(disk: SmallDisk, { studies: { wide } }: Stage): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "nearclone-chaos-disk-"));
  try {
    disk.copyTo(folder);
    const store = await openStore(join(folder, "db"));
    try {
      const found: string[] = [];
      const checksum = await store.checksum(wide.order.key);
      if (checksum !== wide.checksum) found.push(`checksum ${checksum}, expected ${wide.checksum}`);
      const study = await store.study(wide.order.key);
      if (study?.conflicts !== 0) found.push(`${study?.conflicts} rows arrived with other bits`);
      return found;
    } finally {
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`stuck: not over after ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
