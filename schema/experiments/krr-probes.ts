// Which test rows may be probes of curvature, said once for whoever counts them and whoever draws them.
import type { Curvature } from "./krr-curvature.ts";

/** Whether a test row of class `label` may be a probe beside `target`. */
export function mayBeProbe({ classes }: Pick<Curvature, "classes">, label: number, target: number): boolean {
  return label !== target && (classes === undefined || classes.includes(label));
}

/** `of class 3 or 5`, `not of target 0`: the rows that may be probes, to end a sentence. */
export function probesInWords({ classes }: Pick<Curvature, "classes">, target: number): string {
  if (classes === undefined) return `not of target ${target}`;
  const asked = classes.filter((one) => one !== target);
  return `of ${asked.length === 1 ? "class" : "classes"} ${asked.join(", ")}`;
}
