// The way between workers and broker: cut, or open and dead.
import { between, type Fault, pause, pick } from "../fault.ts";
import { TIMES } from "../short-times.ts";
import { LEASES_PER_WORKER } from "./kills.ts";

export const NETWORK_FAULTS: readonly Fault[] = [
  {
    name: "workers cut from the broker and healed",
    async strike(cluster, random) {
      for (let i = 0; i < 3; i++) {
        const cut = random.below(2) === 0 ? cluster.workers : [pick(random, cluster.workers)];
        for (const { network } of cut) network.cut();
        cluster.excused += LEASES_PER_WORKER * cut.length;
        await pause(between(random, 50, 1_500));
        for (const { network } of cut) network.heal();
        await pause(between(random, 50, 500));
      }
    },
  },
  {
    name: "connection to the broker half-open",
    async strike(cluster, random) {
      const { network } = pick(random, cluster.workers);
      network.swallow();
      cluster.excused += 2 * LEASES_PER_WORKER;
      // The worker has to find out by itself; its leases lapse long before.
      await pause(between(random, 0, TIMES.leaseMs));
    },
  },
];
