// Every fault of the harness, in the order of a short round.
import type { Fault } from "../fault.ts";
import { BROKER_FAULTS } from "./broker.ts";
import { DATABASE_FAULTS } from "./database.ts";
import { KILL_FAULTS } from "./kills.ts";
import { MESSAGE_FAULTS } from "./messages.ts";
import { NETWORK_FAULTS } from "./network.ts";
import { STALL_FAULTS } from "./stalls.ts";

/** Nothing happens: what the others are compared with. */
const UNDISTURBED: Fault = { name: "undisturbed", strike: async () => undefined };

export const FAULTS: readonly Fault[] = [
  UNDISTURBED,
  ...KILL_FAULTS,
  ...STALL_FAULTS,
  ...BROKER_FAULTS,
  ...DATABASE_FAULTS,
  ...NETWORK_FAULTS,
  ...MESSAGE_FAULTS,
];
