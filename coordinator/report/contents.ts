// Everything a report can hold, in the order of its page.
import type { Figure } from "./figure.ts";
import { detectors } from "./figures/detectors.ts";
import { efficacy } from "./figures/efficacy.ts";
import { frontier } from "./figures/frontier.ts";
import { halfEffect } from "./figures/half-effect.ts";
import { lag } from "./figures/lag.ts";
import { lengthScale as lengthScaleFigure } from "./figures/length-scale.ts";
import { linearRidge } from "./figures/linear-ridge.ts";
import { nearClone } from "./figures/near-clone.ts";
import { gradientEnergy, learning } from "./figures/network.ts";
import { partitions, screening } from "./figures/screening.ts";
import { penalty } from "./figures/penalty.ts";
import { sizes } from "./figures/sizes.ts";
import { spike } from "./figures/spike.ts";
import type { Law } from "./law.ts";
import { invisible, lagLaw, nearEfficacy, nearFloor, nearKernel, nearVanishing, quadratic, spikeConstant, spikeIsTop } from "./laws/curvature.ts";
import { efficacyLaw, halfEffectLaw, saturation, tightCluster } from "./laws/efficacy.ts";
import { linearRidgeLaw } from "./laws/linear-ridge.ts";
import { contraction, networkLagLaw } from "./laws/network.ts";
import { degreesOfFreedom, lengthScale, residual, suppression, tradeOff } from "./laws/penalty.ts";
import { countLaw, shareLaw } from "./laws/sizes.ts";

export const FIGURES: readonly Figure[] = [
  efficacy, halfEffect, sizes, spike, nearClone, detectors, lag, penalty, lengthScaleFigure, frontier, linearRidge, screening, partitions, learning, gradientEnergy,
];

export const LAWS: readonly Law[] = [
  efficacyLaw, saturation, halfEffectLaw, countLaw, shareLaw, tightCluster,
  quadratic, spikeConstant, spikeIsTop, nearEfficacy, nearKernel, nearVanishing, nearFloor, lagLaw, invisible,
  degreesOfFreedom, residual, lengthScale, suppression, tradeOff, linearRidgeLaw, contraction, networkLagLaw,
];
