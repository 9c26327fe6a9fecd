// What a study with a gradient penalty asks that is not offered.
import { expandAxis } from "../axis.ts";
import type { Issue, KrrSpec } from "../study.ts";
import { isPenalised } from "./krr-penalty.ts";

const PENALISED_KERNELS: ReadonlySet<string> =
  new Set(["rbf", "laplace", "matern32", "matern52", "linear", "polynomial"]);

/** What a penalised study asks that is not offered; each message says what to ask instead. */
export function checkPenalty(spec: KrrSpec): Issue[] {
  if (!isPenalised(spec)) return [];
  const issues: Issue[] = [];
  const { kind } = spec.attack;
  if (kind !== "clones") {
    const message = `gradient_penalty is offered with attack clones, got ${kind}: distinct poisons ` +
      "would need an eigenproblem per prefix; use clones, or leave gradient_penalty out";
    issues.push({ path: ["attack", "kind"], message });
  }
  if (!PENALISED_KERNELS.has(spec.kernel.name)) {
    const message = `gradient_penalty is offered with ${[...PENALISED_KERNELS].join(", ")}, ` +
      `got ${spec.kernel.name}: its gradients are not implemented`;
    issues.push({ path: ["kernel"], message });
  }
  const { ridge } = spec.axes;
  if (spec.fixed["ridge"] === 0 || (ridge !== undefined && expandAxis(ridge).includes(0))) {
    const message = "expected a number > 0 with gradient_penalty: its eigenproblem is relative to K + cI, got 0";
    issues.push({ path: "ridge" in spec.axes ? ["axes", "ridge"] : ["fixed", "ridge"], message });
  }
  return issues;
}
