// Lists in which a value may stand once.

/** Whether no value of a list stands there twice. */
export function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
