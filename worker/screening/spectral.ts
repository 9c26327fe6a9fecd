// Spectral signatures (arXiv 1811.00636): poisons lie far out along the class' first principal axis.
//
// Both the direction and the score use centred rows. (BackdoorBench centres for the first only, so that its score
// moves with the origin of the representation, and flags a fixed 15 % of every class, poisoned or not.)
import { type ClassDetector, removals } from "./detector.ts";
import { highest } from "./rates.ts";

export const spectral: ClassDetector = ({ features: { scores }, reckoned }) => {
  const squares = new Float64Array(scores.rows);
  if (scores.cols > 0) for (let i = 0; i < squares.length; i++) squares[i] = scores.data[i]! ** 2;
  return { scores: squares, flags: highest(squares, removals(reckoned)) };
};
