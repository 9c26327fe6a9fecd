// The code behind each experiment's name; its words are in schema/experiments/registry.ts.
import type { ExperimentName } from "../../schema/experiments/registry.ts";
import type { Experiment } from "./experiment.ts";
import { krr } from "./krr/experiment.ts";
import { network } from "./network/experiment.ts";
import { noop } from "./noop.ts";

const EXPERIMENTS: Readonly<Record<ExperimentName, Experiment>> = {
  krr,
  linear: network,
  cnn: network,
  noop,
};

export function experimentOf(name: ExperimentName): Experiment {
  return EXPERIMENTS[name];
}
