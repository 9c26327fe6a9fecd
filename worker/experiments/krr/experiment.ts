// The `krr` experiment: exact poisoning of kernel ridge regression.
//
// Where the provider has a device of its own, its matrices stay there (resident/).
//
// One bench serves all ridges, counts, targets and strengths of a (replicate, length scale).
import type { ResultBlock } from "../../../schema/column.ts";
import { ComputeError } from "../../../schema/failure.ts";
import { canReside } from "../../../schema/experiments/krr-device.ts";
import { isPenalised } from "../../../schema/experiments/krr-penalty.ts";
import type { Experiment } from "../experiment.ts";
import { benchOf, hopelessBench } from "./bench.ts";
import { penaltyBench } from "./penalty/bench.ts";
import { preparePenalty } from "./penalty/prepared.ts";
import { prepare } from "./prepared.ts";
import { residentBench } from "./resident/bench.ts";
import { prepareResident } from "./resident/prepared.ts";
import { settingOf, sharedValue } from "./setting.ts";

export const krr: Experiment<ResultBlock> = {
  benchKey(order, box) {
    const { spec } = settingOf(order);
    const shared = ["replicate", "length_scale"].map((name) => sharedValue(spec, name, box));
    return [order.key, ...shared].join(" ");
  },
  prepare(order, box, { pool, linalg }) {
    const setting = settingOf(order);
    const { spec } = setting;
    if (pool === null || order.data === null) {
      throw new ComputeError("bug", "no_data", `study ${order.key}: krr needs a data set`);
    }
    const replicate = sharedValue(spec, "replicate", box);
    const lengthScale = sharedValue(spec, "length_scale", box);
    const request = { setting, spec, description: order.data, replicate, lengthScale,
      targets: setting.target.values };
    if (isPenalised(spec)) {
      const penalised = preparePenalty(request, pool, linalg);
      return "span" in penalised ? penaltyBench(penalised)
        : hopelessBench(setting, penalised.lengthScale);
    }
    const { device } = linalg;
    if (device !== undefined && canReside(spec)) {
      const resident = prepareResident(request, pool, { linalg, device });
      return resident.solver === null ? hopelessBench(setting, resident.lengthScale) : residentBench(resident);
    }
    const prepared = prepare(request, pool, linalg);
    if (prepared.solver === null) return hopelessBench(setting, prepared.lengthScale);
    return benchOf(prepared);
  },
};
