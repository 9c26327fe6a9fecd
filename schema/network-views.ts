// The view that sets the rate at which an attack works against the rate at which it is visible.
import { networkParameters } from "./experiments/network.ts";
import type { View } from "./views.ts";

const line = networkParameters.filter(({ name }) => name !== "poison_rate");
const list = (prefix: string): string => line.map(({ name }) => `${prefix}${name}`).join(", ");
const types = { integer: "integer", double: "double precision" } as const;

const VISIBLE = `mean_hessian_overlap > overlap_null
      and mean_hessian_overlap - coalesce(at_zero, 0) > overlap_null`;

/**
 * One row per line of the grid along `poison_rate`. What never happened is null or infinite: it is
 * censored at `rate_max`, and belongs in a median, not in a mean.
 */
export const networkLag: View = {
  name: "network_lag",
  comment:
    "for each line of a linear or cnn study along poison_rate: where the attack sets in, where " +
    "the input Hessian of clean probes shows it, and the lag between them",
  columns: [
    { name: "study", type: "text", comment: "study.name" },
    ...line.map(({ name, type, comment }) => ({ name, type: types[type], comment })),
    { name: "rates", type: "bigint", comment: "points of the line with status ok" },
    { name: "rate_max", type: "double precision", comment: "largest poison_rate among them" },
    { name: "attack_onset", type: "double precision",
      comment: "smallest poison_rate with attack_success_rate ≥ 0.5; null if there is none" },
    { name: "visible_onset", type: "double precision",
      comment: "smallest poison_rate whose mean_hessian_overlap is above overlap_null, and above " +
        "the line's value at rate 0 by as much; null if there is none" },
    { name: "lag", type: "double precision",
      comment: "attack_onset − visible_onset: negative where the attack works unseen, -Infinity " +
        "where it is never visible, NaN where it never works" },
  ],
  query: `with point as (
  select s.name as study, ${list("r.")}, r.poison_rate, r.attack_success_rate,
    r.mean_hessian_overlap, r.overlap_null,
    max(case when r.poison_rate = 0 then r.mean_hessian_overlap end)
      over (partition by r.study, ${list("r.")}) as at_zero
  from study s join network_result r on r.study = s.id where r.status = 'ok'),
onset as (
  select study, ${list("")}, count(*) as rates, max(poison_rate) as rate_max,
    min(case when attack_success_rate >= 0.5 then poison_rate end) as attack_onset,
    min(case when ${VISIBLE} then poison_rate end) as visible_onset
  from point group by study, ${list("")})
select study, ${list("")}, rates, rate_max, attack_onset, visible_onset,
  case when attack_onset is null then 'NaN'::float8
    when visible_onset is null then '-Infinity'::float8
    else attack_onset - visible_onset end as lag
from onset`,
};
