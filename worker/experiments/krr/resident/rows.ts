// The rows of a replicate for jobs that compute on a device: features, not distances.
//
// On a device distances cost less than carrying them there, so that only rows and the median
// distance are kept between jobs.
import type { DataPool } from "../../../../data/draw.ts";
import { isRadial } from "../../../../schema/experiments/krr.ts";
import { GEOMETRY_BYTES_MAX } from "../../../../schema/experiments/krr-cost.ts";
import type { Matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { ByteCache } from "../byte-cache.ts";
import { keyOf, type MeasuredRows, measuredRows } from "../geometry.ts";
import { medianDistance } from "../../kernel/median.ts";
import type { ReplicateRequest } from "../replicate.ts";

export interface ResidentRows extends MeasuredRows {
  readonly bytes: number;
  /**
   * Median distance between training rows, NaN where the study does not ask for it.
   *
   * @param squares Their squared distances, (n, n): asked for once.
   */
  median(squares: () => Matrix): number;
}

const cachesOf = new WeakMap<DataPool, ByteCache<ResidentRows>>();

/** The rows of one replicate, from the cache or made now; the same bits either way. */
export function residentRows(request: ReplicateRequest, pool: DataPool, linalg: LinalgProvider): ResidentRows {
  const cache = cachesOf.get(pool) ?? new ByteCache<ResidentRows>(GEOMETRY_BYTES_MAX);
  cachesOf.set(pool, cache);
  return cache.get(keyOf(request, linalg), () => {
    const measured = measuredRows(request, pool);
    const { kernel } = request.spec;
    const isWanted = isRadial(kernel) && kernel.length_scale_unit === "median_distance";
    let median = isWanted ? null : Number.NaN;
    const { bytes } = measured.rows;
    return {
      value: { ...measured, bytes, median: (squares) => (median ??= medianDistance(squares())) },
      bytes,
    };
  });
}
