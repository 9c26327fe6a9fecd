// The words and signs that a report uses, for whoever meets them for the first time.
import { isPenalised } from "../../schema/experiments/krr-penalty.ts";
import type { StudySpec } from "../../schema/study.ts";
import { isKrr, type Subject } from "./subject.ts";

interface Word {
  readonly sign: string;
  readonly meaning: string;
  /** Whether a study's report uses it. */
  readonly fits: (spec: StudySpec) => boolean;
}

const hasCurvature = (spec: StudySpec): boolean => isKrr(spec) && spec.curvature !== undefined;
const isNetwork = (spec: StudySpec): boolean => spec.experiment === "linear" || spec.experiment === "cnn";
const learns = (spec: StudySpec): boolean => isKrr(spec) || isNetwork(spec);
const isScreened = (spec: StudySpec): boolean => "screening" in spec && spec.screening !== undefined;

const WORDS: readonly Word[] = [
  { sign: "trigger", fits: learns,
    meaning: "a small pattern on an image, such as a patch; a poisoned model takes images with it for the target class" },
  { sign: "poison, ζ", fits: learns,
    meaning: "a training image with the trigger and the target's label; clones are copies of one, and near the clone is near ζ" },
  { sign: "m, n, θ", fits: learns, meaning: "poisons, clean training rows, and the poisons' share of all rows" },
  { sign: "attack success", fits: learns,
    meaning: "share of triggered test images of other classes that are classified as the target" },
  { sign: "Δf", fits: isKrr,
    meaning: "how much the target's score at triggered images is raised by the poisons; a score is about 1 where a class is certain" },
  { sign: "k, length scale", fits: isKrr,
    meaning: "the kernel, how alike two images count; it falls off over a distance of one length scale, in units of the median distance between images where the study says so" },
  { sign: "ridge λ, c", fits: isKrr,
    meaning: "how strongly large functions are punished; c = λ n unless ridge_scaling says otherwise" },
  { sign: "s, posterior variance", fits: isKrr,
    meaning: "what the clean images leave open at ζ: k(ζ, ζ) for a poison that is alone, near 0 where images like it are plenty" },
  { sign: "κ, gradient penalty", fits: (spec) => isKrr(spec) ? isPenalised(spec) : isNetwork(spec),
    meaning: "weight on the squared input gradient: a defence that makes the model change slowly from image to image" },
  { sign: "degrees of freedom", fits: (spec) => isKrr(spec) && isPenalised(spec),
    meaning: "how many labels the model can fit at will: n + m at most, fewer the more it is smoothed" },
  { sign: "curvature", fits: hasCurvature,
    meaning: "second derivatives of the loss in the input image: how sharply the loss bends when pixels change" },
  { sign: "Gauss-Newton part, JᵀJ", fits: hasCurvature,
    meaning: "the part of it made of first derivatives of the scores; never negative, and blind to labels" },
  { sign: "spike, top eigenvalue", fits: hasCurvature,
    meaning: "the poison's own bend, and the sharpest bend there is, which is all that an auditor sees of it" },
  { sign: "trace", fits: hasCurvature, meaning: "the sum of the bends in all directions" },
  { sign: "lag", fits: (spec) => hasCurvature(spec) || isNetwork(spec),
    meaning: "poisons (or epochs) at which the attack works minus those at which a detector sees it; negative: too late" },
  { sign: "power", fits: hasCurvature, meaning: "share of triggered images that a detector flags, set to flag 5 % of clean ones" },
  { sign: "area under the curve", fits: isScreened,
    meaning: "chance that a detector finds a poison more suspect than a clean row; one half is guessing" },
];

/** Sign and meaning of what a report of these studies speaks of. */
export function wordsFor(subjects: readonly Subject[]): readonly (readonly [string, string])[] {
  return WORDS.filter(({ fits }) => subjects.some(({ spec }) => fits(spec)))
    .map(({ sign, meaning }) => [sign, meaning] as const);
}
