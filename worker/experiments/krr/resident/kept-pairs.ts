// Pairs of matrices that a device keeps for their next use, within bounds: the longest unused go first.
import type { DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import type { Matrix } from "../../../linalg/matrix.ts";

export type Pair<Kind> = readonly [Kind, Kind];

export class KeptPairs<Key> {
  readonly #most: number;
  readonly #kept = new Map<Key, Pair<DeviceMatrix>>();

  /** @param bytes the most that is kept; one pair is, whatever it takes. */
  constructor(bytes: number) {
    this.#most = bytes;
  }

  /** Uploads what is not there, into the workspace that is passed at every call. */
  get(key: Key, make: () => Pair<Matrix>, workspace: Workspace): Pair<DeviceMatrix> {
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const pair = known ?? this.#upload(make(), workspace);
    this.#kept.set(key, pair);
    return pair;
  }

  /** For when the workspace is released. */
  clear(): void {
    this.#kept.clear();
  }

  #upload(pair: Pair<Matrix>, workspace: Workspace): Pair<DeviceMatrix> {
    for (const [oldest, old] of this.#kept) {
      if (bytesOf([...this.#kept.values(), pair]) <= this.#most) break;
      this.#kept.delete(oldest);
      old.forEach((one) => workspace.drop(one));
    }
    return [workspace.upload(pair[0]), workspace.upload(pair[1])];
  }
}

function bytesOf(pairs: readonly Pair<Pick<DeviceMatrix, "rows" | "cols">>[]): number {
  return 8 * pairs.flat().reduce((sum, { rows, cols }) => sum + rows * cols, 0);
}
