// What is known of a point, in a byte: MISSING, DEAD, or 1 + the code of its row's status.

export const MISSING = 0;
/** It has a row, whose status is the first of STATUSES: ok. */
export const VALID = 1;
/** Missing, and its job is dead. */
export const DEAD = 255;

/** What a state other than VALID says. */
export function kindOf(state: number): "missing" | "dead" | "numeric" {
  if (state === MISSING) return "missing";
  return state === DEAD ? "dead" : "numeric";
}

export const hasRow = (state: number): boolean => state !== MISSING && state !== DEAD;
