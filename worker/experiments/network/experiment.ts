// The `linear` and `cnn` experiments: a point is one training run under poisoning.
//
// A bench holds one replicate's rows; its points share nothing else, so a job is one run. What
// trains is loaded when a box is measured: threads of other experiments never load tfjs.
import { ComputeError } from "../../../schema/failure.ts";
import { type NetworkSpec, type StudySpec, trainsNetworks } from "../../../schema/study.ts";
import type { Experiment } from "../experiment.ts";
import { valueAt } from "./point-values.ts";
import { drawReplicate } from "./replicate.ts";

export const network: Experiment = {
  isTrained: true,
  benchKey(order, box) {
    return `${order.key} ${valueAt(networkSpec(order.spec), "replicate", box.from)}`;
  },
  prepare(order, box, { pool, linalg, training }) {
    const spec = networkSpec(order.spec);
    if (pool === null || training === undefined) {
      const message = `study ${order.key}: ${spec.experiment} needs data and a tensor backend`;
      throw new ComputeError("bug", "no_data", message);
    }
    const replicate = drawReplicate(spec, pool, valueAt(spec, "replicate", box.from));
    return {
      bytes: replicate.bytes,
      async measure(box) {
        const { measureBox } = await import("./measure-box.ts");
        return measureBox({ order, spec, replicate, linalg, training }, box);
      },
    };
  },
};

function networkSpec(spec: StudySpec): NetworkSpec {
  if (trainsNetworks(spec)) return spec;
  throw new ComputeError("bug", "wrong_order", `study ${spec.name}: not a network study`);
}
