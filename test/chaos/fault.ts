// What a fault is to the harness: a name, what it may leave behind, and how it strikes.
import type { Random } from "../../data/random.ts";
import type { Cluster, ClusterOptions } from "./cluster.ts";

export interface Fault {
  /** In words, such as `worker killed`. */
  readonly name: string;
  /** What it needs of the cluster. */
  readonly cluster?: Partial<ClusterOptions>;
  /** Codes of the failures that attempts may show; none by default. */
  readonly mayFail?: readonly string[];
  /**
   * Strikes while both studies run; resolves once everything is as it was, whatever still follows
   * from it. What it may lose or double is said in `cluster.excused`.
   */
  strike(cluster: Cluster, random: Random): Promise<void>;
}

/** A duration between `least` and `most` ms. */
export function between(random: Random, least: number, most: number): number {
  return least + random.below(most - least + 1);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One of `some`. */
export function pick<T>(random: Random, some: readonly T[]): T {
  const one = some[random.below(some.length)];
  if (one === undefined) throw new RangeError("nothing to pick from");
  return one;
}
