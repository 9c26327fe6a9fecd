// Which rows an attack poisons, and counts for its success.
import type { NetworkAttack } from "./network.ts";

/** Whether rows of class `label` are poisoned where `target` is the attack's class. */
export function isVictim(
  attack: Pick<NetworkAttack, "labels" | "source">,
  target: number,
  label: number,
): boolean {
  return attack.labels === "all_to_one" ? label !== target : label === attack.source;
}

/** "outside class 0", or "of class 3". */
export function victimsInWords(attack: Pick<NetworkAttack, "labels" | "source">, target: number): string {
  return attack.labels === "all_to_one" ? `outside class ${target}` : `of class ${attack.source}`;
}
