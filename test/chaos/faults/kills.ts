// Processes that are killed, with no chance to say goodbye.
import type { Random } from "../../../data/random.ts";
import type { Cluster, Worker } from "../cluster.ts";
import type { Program } from "../program.ts";
import { between, type Fault, pause, pick } from "../fault.ts";

const KILLS = 3;

async function killWorkers(cluster: Cluster, random: Random): Promise<void> {
  for (let i = 0; i < KILLS; i++) {
    const { program } = pick(random, cluster.workers);
    await program.end("SIGKILL");
    cluster.excused += LEASES_PER_WORKER;
    await pause(between(random, 0, 600));
    program.start();
    await pause(between(random, 100, 1_200));
  }
}

/** One thread each, and a job that it has asked for but not yet got. */
export const LEASES_PER_WORKER = 2;

async function killCoordinator(cluster: Cluster, random: Random): Promise<void> {
  for (let i = 0; i < KILLS; i++) {
    const program = pick(random, cluster.coordinators);
    await program.end("SIGKILL");
    cluster.excused += WINDOW_JOBS;
    await pause(between(random, 0, 400));
    program.start();
    await pause(between(random, 200, 1_500));
  }
}

/** What a new coordinator publishes again while its reports are under way. */
export const WINDOW_JOBS = 600;

async function killCompute(cluster: Cluster, random: Random): Promise<void> {
  for (let i = 0; i < 2 * KILLS; i++) {
    const { program } = pick(random, cluster.workers);
    for (const pid of program.children("compute-process")) kill(pid, random);
    // Long enough for a job to end between two: one that is alone with three crashes is guilty.
    await pause(between(random, 300, 900));
  }
  const isTold = ({ program }: Worker): boolean =>
    program.lines.some((line) => line.includes("compute process ended by"));
  if (!cluster.workers.some(isTold)) throw new Error("no worker lost its compute process");
}

function kill(pid: number, random: Random): void {
  try {
    process.kill(pid, pick(random, ["SIGKILL", "SIGSEGV", "SIGABRT"] as const));
  } catch {
    // It ended by itself, as processes do whose worker is being restarted.
  }
}

export const KILL_FAULTS: readonly Fault[] = [
  { name: "worker killed", strike: killWorkers },
  { name: "coordinator killed", strike: killCoordinator },
  { name: "compute process killed", mayFail: ["process_lost"], strike: killCompute },
  {
    name: "leader of two coordinators killed",
    cluster: { coordinators: 2 },
    async strike(cluster, random) {
      const isLeader = ({ lines }: Program): boolean => lines.some((line) => line.includes('"leading"'));
      const leader = cluster.coordinators.find(isLeader);
      await (leader ?? pick(random, cluster.coordinators)).end("SIGKILL");
      cluster.excused += WINDOW_JOBS;
    },
  },
];
