// DPA on one point: a kernel ridge regression for each partition of the training set, and their votes.
import { besideDevice } from "../../../linalg/beside.ts";
import type { Matrix } from "../../../linalg/matrix.ts";
import { columns, matrix } from "../../../linalg/matrix.ts";
import type { DefiniteSystem, LinalgProvider } from "../../../linalg/provider.ts";
import { partitionOf, pluralityVote } from "../../../screening/partitions.ts";
import { takeRows } from "../matrix-parts.ts";
import { shifted } from "./set-kernel.ts";
import { codesFor, type TrainingSet } from "./training-set.ts";

export interface VoteRequest {
  readonly set: TrainingSet;
  readonly classes: number;
  /** Features of clean rows and of poisons, (d, n) and (d, M): what sends a row to its partition. */
  readonly rows: Matrix;
  readonly poisonRows: Matrix;
  /** K between the training set and clean and triggered test rows, (n', t). */
  readonly test: Matrix;
  readonly triggered: Matrix;
  readonly testLabels: Int32Array;
  /** The class each triggered row is asked about; −1 leaves it out. */
  readonly victims: Int32Array;
  readonly partitions: number;
  /** The whole set's c, and whether a part takes its share of it. */
  readonly c: number;
  readonly sharesRidge: boolean;
  /** Row changes that the point's poisons are. */
  readonly changes: number;
  readonly linalg: LinalgProvider;
}

/** @throws ComputeError numeric not_positive_definite, where a part of a set with c = 0 is singular. */
export function voteMetrics(request: VoteRequest): Map<string, number> {
  const { classes, testLabels, victims, changes } = request;
  const { clean, triggered } = partitionVotes(request);
  let [right, certified, radius, success] = [0, 0, 0, 0];
  testLabels.forEach((label, x) => {
    const { winner, certificate } = pluralityVote(clean.subarray(x * classes, (x + 1) * classes));
    if (winner !== label) return;
    right++;
    radius += certificate;
    if (certificate >= changes) certified++;
  });
  let asked = 0;
  victims.forEach((claimed, x) => {
    if (claimed < 0) return;
    asked++;
    if (pluralityVote(triggered.subarray(x * classes, (x + 1) * classes)).winner === claimed) success++;
  });
  const t = testLabels.length;
  return new Map([
    ["dpa_clean_accuracy", right / t], ["dpa_success", success / asked],
    ["dpa_certified", certified / t], ["dpa_radius", radius / t],
  ]);
}

/** Votes for each class at each test row: class j of row x at x q + j. */
export function partitionVotes(request: VoteRequest): { readonly clean: Int32Array; readonly triggered: Int32Array } {
  const { set, classes, test, triggered, partitions, linalg } = request;
  const parts = partsOf(request);
  const clean = new Int32Array(test.cols * classes);
  const attacked = new Int32Array(test.cols * classes);
  const models = Array.from({ length: partitions }, (_, part): Model => {
    const rows = Int32Array.from(parts.keys()).filter((row) => parts[row] === part);
    const share = request.sharesRidge ? rows.length / set.labels.length : 1;
    const codes = codesFor(rows.map((row) => set.labels[row]!), classes);
    return { rows, a: shifted(set.kernel.block(rows), request.c * share), b: codes };
  });
  // As large as the kernel matrix over the number of parts, all together.
  linalg.solveBatch(models.filter(({ rows }) => rows.length > 0));
  for (const { rows, b: weights } of models) {
    addVotes(clean, takeRows(test, rows), weights, besideDevice(linalg));
    addVotes(attacked, takeRows(triggered, rows), weights, besideDevice(linalg));
  }
  return { clean, triggered: attacked };
}

function partsOf({ set, rows, poisonRows, partitions }: VoteRequest): Int32Array {
  const { clean, labels, poisons } = set;
  const part = (from: Matrix, row: number, label: number): number =>
    partitionOf(columns(from, row, row + 1).data, label, partitions);
  return Int32Array.from(labels, (label, i) =>
    (i < clean.length ? part(rows, clean[i]!, label) : part(poisonRows, poisons[i - clean.length]!, label)));
}

/** Of one part: its rows of the set, and the system of its weights. */
interface Model extends DefiniteSystem {
  readonly rows: Int32Array;
}

/** A model without rows says 0 of every class; the smallest of equal classes is what a model says. */
function addVotes(votes: Int32Array, kernel: Matrix, weights: Matrix, linalg: LinalgProvider): void {
  const [t, q] = [kernel.cols, weights.cols];
  const scores = matrix(t, q);
  if (kernel.rows > 0) linalg.gemm({ a: kernel, b: weights, c: scores, transposeA: true });
  for (let x = 0; x < t; x++) {
    let best = 0;
    for (let j = 1; j < q; j++) if (scores.data[x + j * t]! > scores.data[x + best * t]!) best = j;
    votes[x * q + best]!++;
  }
}
