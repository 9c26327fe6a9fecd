// The `krr` experiment: exact poisoning of kernel ridge regression.
import { ComputeError } from "../../../schema/failure.ts";
import type { Experiment } from "../experiment.ts";

export const krr: Experiment = {
  benchKey: (order) => order.key,
  prepare: () => {
    throw new ComputeError("bug", "not_built", "experiment krr: is not built yet");
  },
};
