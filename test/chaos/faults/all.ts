// Every round of the harness, in the order of a short one.
import { DISK_FULL, runDiskFull } from "../disk-full.ts";
import type { Fault } from "../fault.ts";
import { type RoundResult, runRound, type Stage } from "../round.ts";
import { skipWithoutSmallDisk } from "../small-disk.ts";
import { BROKER_FAULTS } from "./broker.ts";
import { DATABASE_FAULTS } from "./database.ts";
import { KILL_FAULTS } from "./kills.ts";
import { MESSAGE_FAULTS } from "./messages.ts";
import { NETWORK_FAULTS } from "./network.ts";
import { STALL_FAULTS } from "./stalls.ts";

/** Nothing happens: what the others are compared with. */
const UNDISTURBED: Fault = { name: "undisturbed", strike: async () => undefined };

const FAULTS: readonly Fault[] = [
  UNDISTURBED,
  ...KILL_FAULTS,
  ...STALL_FAULTS,
  ...BROKER_FAULTS,
  ...DATABASE_FAULTS,
  ...NETWORK_FAULTS,
  ...MESSAGE_FAULTS,
];

export interface Round {
  /** Its fault's. */
  readonly name: string;
  /** Why it cannot be played here, or false. */
  readonly skip: string | false;
  play(stage: Stage, seed: number): Promise<RoundResult>;
}

export const ROUNDS: readonly Round[] = [
  ...FAULTS.map((fault): Round => ({
    name: fault.name,
    skip: false,
    play: (stage, seed) => runRound(stage, fault, seed),
  })),
  { name: DISK_FULL, skip: skipWithoutSmallDisk(), play: runDiskFull },
];
