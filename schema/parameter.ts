// What an experiment can vary: each parameter is either an axis of the study, or fixed.

export interface Parameter {
  /** The name in YAML, and the SQL column's name. */
  readonly name: string;
  readonly type: "integer" | "double";
  /** Inclusive bounds of a legal value, and what to call them in an error. */
  readonly min: number;
  readonly max: number;
  /** Whether `min` and `max` themselves are excluded. */
  readonly openMin?: boolean;
  readonly openMax?: boolean;
  /** Absent: the study file must give it, as an axis or fixed. */
  readonly fallback?: number;
  /** Whether the expensive preparation depends on it, so that one job may hold one value only. */
  readonly isShared: boolean;
  /**
   * Whether most studies do not speak of it: their rows then have the fallback in the database by
   * default, or NULL, and neither jobs nor copies carry the column.
   */
  readonly isOptional?: boolean;
  /**
   * When a job cannot hold the whole of an axis: the axis with the highest rank is cut first, the
   * one whose neighbours share most work last.
   */
  readonly cutRank: number;
  /** The SQL comment: definition and unit. */
  readonly comment: string;
}

/** "a number > 0", "an integer from 0 to 9": what a legal value is, in words. */
export function describeDomain(parameter: Parameter): string {
  const noun = parameter.type === "integer" ? "an integer" : "a number";
  const low = Number.isFinite(parameter.min)
    ? `${parameter.openMin === true ? ">" : "≥"} ${parameter.min}`
    : "";
  const high = Number.isFinite(parameter.max)
    ? `${parameter.openMax === true ? "<" : "≤"} ${parameter.max}`
    : "";
  return [noun, [low, high].filter((part) => part !== "").join(" and ")].join(" ").trim();
}

export function isInDomain(parameter: Parameter, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (parameter.type === "integer" && !Number.isSafeInteger(value)) return false;
  if (value < parameter.min || value > parameter.max) return false;
  if (parameter.openMin === true && value === parameter.min) return false;
  return !(parameter.openMax === true && value === parameter.max);
}
