// Learning rates along a run.

export type Schedule =
  | { readonly kind: "constant" }
  /** Multiplied by `factor` once each of these shares of the epochs is over. */
  | { readonly kind: "step"; readonly at: readonly number[]; readonly factor: number }
  /** From the full rate to 0 along half a cosine. */
  | { readonly kind: "cosine" };

/** The rate of epoch `epoch`, 0 … epochs − 1; constant within an epoch. */
export function rateAt(schedule: Schedule, rate: number, epoch: number, epochs: number): number {
  switch (schedule.kind) {
    case "constant":
      return rate;
    case "step": {
      const passed = schedule.at.filter((share) => epoch >= share * epochs).length;
      return rate * schedule.factor ** passed;
    }
    case "cosine":
      return (rate / 2) * (1 + Math.cos((Math.PI * epoch) / epochs));
  }
}
