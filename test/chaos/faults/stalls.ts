// Processes that stand still, or that live in another time.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fault, between, pause, pick } from "../fault.ts";
import { TIMES } from "../short-times.ts";
import { LEASES_PER_WORKER } from "./kills.ts";

const folder = mkdtempSync(join(tmpdir(), "nearclone-chaos-clock-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const CLOCK_FILE = join(folder, "shift");
const PRELOAD = new URL("../preload/shift-clock.js", import.meta.url).href;

/** Both directions, near and far; the last one is the true time again. */
const SHIFTS_MS = [3_600_000, -3_600_000, 86_400_000 * 365, -5_000, 0];

export const STALL_FAULTS: readonly Fault[] = [
  {
    name: "worker stalled for two leases, then going on",
    async strike(cluster, random) {
      const { program } = pick(random, cluster.workers);
      program.signal("SIGSTOP");
      cluster.excused += 2 * LEASES_PER_WORKER;
      await pause(2 * TIMES.leaseMs + between(random, 0, 500));
      program.signal("SIGCONT");
    },
  },
  {
    name: "clock of a worker jumps",
    cluster: { environment: { NODE_OPTIONS: `--import ${PRELOAD}`, CHAOS_CLOCK: CLOCK_FILE } },
    async strike(_, random) {
      for (const shiftMs of SHIFTS_MS) {
        writeFileSync(CLOCK_FILE, String(shiftMs));
        await pause(between(random, 200, 700));
      }
    },
  },
];
