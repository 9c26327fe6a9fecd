// Which base rows become poisons: for each target the first ones of another class, nested.

export interface Poisons {
  /** Rows that any target uses, ascending: of the bases, or those replaced of the training rows. */
  readonly rows: Int32Array;
  /** For each target, in order of use: indices into `rows`. m poisons are the first m. */
  readonly members: readonly Int32Array[];
  /** By `rows`: the class each had before it was relabelled. */
  readonly labels: Int32Array;
}

/**
 * For each target the first `most` bases whose class is not the target.
 * null if the bases do not hold that many.
 */
export function choosePoisons(
  labels: Int32Array,
  targets: readonly number[],
  most: number,
): Poisons | null {
  const choices = targets.map((target) => firstOthers(labels, target, most));
  if (choices.some((rows) => rows.length < most)) return null;
  const used = new Uint8Array(labels.length);
  for (const rows of choices) for (const row of rows) used[row] = 1;
  const rows = Int32Array.from(labels.keys()).filter((row) => used[row] === 1);
  const place = new Int32Array(labels.length);
  rows.forEach((row, index) => {
    place[row] = index;
  });
  return { rows, labels: Int32Array.from(rows, (row) => labels[row]!), members: choices.map((chosen) => Int32Array.from(chosen, (row) => place[row]!)) };
}

/** The first `most` rows whatever their class, for every target. */
export function firstRows(labels: Int32Array, targets: readonly number[], most: number): Poisons {
  const rows = Int32Array.from({ length: most }, (_, row) => row);
  return { rows, labels: labels.slice(0, most), members: targets.map(() => rows) };
}

/** Poisons that all stand on their target's first base: `times` rows for each base. */
export function repeated({ rows, members, labels }: Poisons, times: number): Poisons {
  const each = (values: Int32Array): Int32Array =>
    Int32Array.from({ length: values.length * times }, (_, i) => values[Math.floor(i / times)]!);
  return {
    rows: each(rows),
    labels: each(labels),
    members: members.map(([base = 0]) => Int32Array.from({ length: times }, (_, i) => base * times + i)),
  };
}

function firstOthers(labels: Int32Array, target: number, most: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < labels.length && rows.length < most; row++) {
    if (labels[row] !== target) rows.push(row);
  }
  return rows;
}
