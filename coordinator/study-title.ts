// A study in a few lines: what is measured, on what, over which grid.
import type { StudyOrder } from "../schema/job.ts";
import { hasCorner } from "../schema/experiments/krr.ts";
import { axesOf, type KrrSpec, type NetworkSpec } from "../schema/study.ts";
import { countText, plural } from "./face/number.ts";
import { labelLines } from "./face/table.ts";

/** Labels as wide as those of the lines that follow while it runs. */
const LABEL = "algebra";

/** @param database where its rows go; null where none are written. */
export function studyTitle(order: StudyOrder, database: string | null): string[] {
  const { spec, plan } = order;
  const into = database === null ? "" : `, into ${database}`;
  const size = `${plural(plan.points, "point")} in ${plural(plan.jobs, "job")}${into}`;
  const pairs: [string, string][] = [["study", `${spec.name}: ${size}`], ...subjectPairs(order)];
  pairs.push(["grid", gridText(order)]);
  return labelLines(pairs.map(([label, text]) => [label.padEnd(LABEL.length), text]));
}

/** `length_scale 10 × ridge 20 × poison_count 50` */
export function gridText({ spec }: StudyOrder): string {
  return axesOf(spec).map(({ name, values }) => `${name} ${countText(values.length)}`).join(" × ");
}

function modelText(spec: KrrSpec | NetworkSpec): string {
  if (spec.experiment === "krr") return `krr, ${spec.kernel.name} kernel`;
  if (spec.experiment === "linear") return `linear, ${spec.loss} loss`;
  return `cnn, ${spec.model.name}${spec.model.name === "preresnet" ? ` of depth ${spec.model.depth}` : ""}`;
}

function subjectPairs({ spec, data }: StudyOrder): [string, string][] {
  if (spec.experiment === "noop" || data === null) return [];
  const { train, test, source } = spec.data;
  const rows = `${countText(train)} training and ${countText(test)} test rows`;
  return [
    ["data", `${source}: ${rows}, ${countText(data.dimension)} features, ${data.classes} classes`],
    ["model", `${modelText(spec)}; attack ${spec.attack.kind}${"trigger" in spec.attack ? `, ${spec.attack.trigger.kind} trigger` : ""}`],
    ...cornerPairs(spec),
  ];
}

/** What curvature is where a kernel has none. */
function cornerPairs(spec: KrrSpec | NetworkSpec): [string, string][] {
  if (spec.experiment !== "krr" || spec.curvature === undefined || !hasCorner(spec.kernel)) return [];
  return [["note", `${spec.kernel.name} has no second derivative at distance 0: a probe that coincides with a training row is ` +
    "measured without that row's own term, and curvature_cusps counts such pairs"]];
}
