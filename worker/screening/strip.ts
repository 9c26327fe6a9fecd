// STRIP (arXiv 1902.06531): a triggered image stays with the target's class whatever clean image is blended
// over it. Low mean entropy over blends is suspect.

/** Mean entropy in nats of softmax(β f) over each row's blends; scores are b × q for each row. */
export function blendEntropies(scores: readonly Float64Array[], classes: number, beta: number): Float64Array {
  return Float64Array.from(scores, (own) => {
    const blends = own.length / classes;
    let sum = 0;
    for (let blend = 0; blend < blends; blend++) sum += entropy(own, blend * classes, classes, beta);
    return sum / blends;
  });
}

function entropy(scores: Float64Array, from: number, classes: number, beta: number): number {
  const { logs, total } = softmaxParts(scores, from, classes, beta);
  let sum = 0;
  for (const log of logs) {
    const p = Math.exp(log - total);
    if (p > 0) sum -= p * (log - total);
  }
  return sum;
}

function softmaxParts(scores: Float64Array, from: number, classes: number, beta: number): { logs: Float64Array; total: number } {
  const logs = scores.subarray(from, from + classes).map((score) => beta * score);
  const top = Math.max(...logs);
  return { logs, total: top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0)) };
}

const STEPS = 41;

/** The β among 41 from 0.1 to 1000, even in logarithm, with the least negative log likelihood of clean rows. */
export function fitBeta(scores: Float64Array, labels: Int32Array, classes: number): number {
  let best = { beta: 1, loss: Number.POSITIVE_INFINITY };
  for (let step = 0; step < STEPS; step++) {
    const beta = 10 ** (-1 + (4 * step) / (STEPS - 1));
    let loss = 0;
    labels.forEach((label, row) => {
      const { logs, total } = softmaxParts(scores, row * classes, classes, beta);
      loss += total - logs[label]!;
    });
    if (loss < best.loss) best = { beta, loss };
  }
  return best.beta;
}

/** The entropy below which a share `rate` of clean rows lies. */
export function entropyThreshold(clean: Float64Array, rate: number): number {
  const sorted = clean.toSorted();
  return sorted[Math.floor(rate * sorted.length)] ?? Number.NaN;
}
