// Detectors, onsets and lags of krr studies with curvature, in SQL: thresholds stand here, so that
// another threshold is another query and not another run. Definitions: docs/science/curvature.md.
import { krrParameters } from "./experiments/krr.ts";
import type { View, ViewColumn } from "./views.ts";

/** What the points of a line of poison counts share beside their replicate: every other axis. */
const LINE: readonly string[] = krrParameters
  .map(({ name }) => name)
  .filter((name) => !["replicate", "poison_count", "poison_rate"].includes(name));
const TYPES: Readonly<Record<string, string>> = { replicate: "integer", target: "integer" };

const lineColumns = (names: readonly string[]): ViewColumn[] => [
  { name: "study", type: "text", comment: "study.name" },
  ...names.map((name) => ({ name, type: TYPES[name] ?? "double precision", comment: `as in krr: ${name}` })),
];
/** NaN equals NaN in Postgres, so kernels without a length scale join too. */
const sameLine = (a: string, b: string): string =>
  ["study", ...LINE].map((name) => `${a}.${name} = ${b}.${name}`).join(" and ");
const listOf = (from: string, names: readonly string[]): string => names.map((name) => `${from}.${name}`).join(", ");

const flag = (name: string, comment: string): ViewColumn => ({ name, type: "boolean", comment });
const DETECTORS = ["overlap", "top", "spike", "trace"] as const;

const detection: View = {
  name: "krr_detection",
  comment: "for each point with curvature, which detectors fire; null: the study lacks what the detector needs",
  columns: [
    ...lineColumns(["replicate", ...LINE]),
    { name: "poison_count", type: "integer", comment: "m, poisoned training rows" },
    { name: "attack_success_rate", type: "double precision", comment: "as in krr" },
    { name: "refits", type: "bigint", comment: "clean models (m = 0) of the same cell in other replicates" },
    flag("overlap_fires", "A: gn_overlap_clean is above overlap_threshold, and above its m = 0 value by as much"),
    flag("top_fires", "B: gn_top_clean is so far above the refits' that (1 + refits at or above it) / (refits + 1) ≤ .05; null below 19 refits, which cannot say so"),
    flag("spike_fires", "C: conformal_gn_power ≥ .5, on triggered probes"),
    flag("trace_fires", "T3: conformal_trace_power ≥ .5, on triggered probes"),
  ],
  query: `select r.study, ${listOf("r", ["replicate", ...LINE, "poison_count", "attack_success_rate"])}, c.refits,
  r.gn_overlap_clean > r.overlap_threshold and r.gn_overlap_clean - z.gn_overlap_clean > r.overlap_threshold as overlap_fires,
  case when c.refits >= 19 then (1 + c.above)::double precision / (c.refits + 1) <= 0.05 end as top_fires,
  case when r.conformal_gn_power <> 'NaN' then r.conformal_gn_power >= 0.5 end as spike_fires,
  case when r.conformal_trace_power <> 'NaN' then r.conformal_trace_power >= 0.5 end as trace_fires
from krr r
join krr z on ${sameLine("z", "r")} and z.replicate = r.replicate and z.poison_count = 0 and z.status = 'ok'
cross join lateral (
  select count(*) as refits, count(*) filter (where o.gn_top_clean >= r.gn_top_clean) as above
  from krr o where ${sameLine("o", "r")} and o.replicate <> r.replicate and o.poison_count = 0 and o.status = 'ok') c
where r.status = 'ok' and r.gn_top_clean is not null`,
};

const onset: View = {
  name: "krr_onset",
  comment: "for each line of poison counts, the smallest count at which the attack succeeds and each detector fires; null: at none",
  columns: [
    ...lineColumns(["replicate", ...LINE]),
    { name: "largest_count", type: "integer", comment: "what a null means: not up to this count" },
    { name: "success_half", type: "integer", comment: "smallest m with attack_success_rate ≥ .5" },
    { name: "success_most", type: "integer", comment: "smallest m with attack_success_rate ≥ .9" },
    ...DETECTORS.map((name) => ({ name, type: "integer", comment: `smallest m > 0 at which krr_detection.${name}_fires` })),
  ],
  query: `select study, replicate, ${LINE.join(", ")}, max(poison_count) as largest_count,
  min(poison_count) filter (where attack_success_rate >= 0.5) as success_half,
  min(poison_count) filter (where attack_success_rate >= 0.9) as success_most,
  ${DETECTORS.map((name) => `min(poison_count) filter (where ${name}_fires and poison_count > 0) as ${name}`).join(",\n  ")}
from krr_detection group by study, replicate, ${LINE.join(", ")}`,
};

const lag: View = {
  name: "krr_lag",
  comment: "for each line on which the attack succeeds and each detector that the study has, how many poisons lie between the two",
  columns: [
    ...lineColumns(["replicate", ...LINE]),
    { name: "detector", type: "text", comment: DETECTORS.join(", ") },
    { name: "success", type: "double precision", comment: "attack_success_rate that counts as success: .5 or .9" },
    { name: "success_onset", type: "integer", comment: "smallest m with that success" },
    { name: "detection_onset", type: "integer", comment: "smallest m at which the detector fires; null where censored" },
    { name: "is_censored", type: "boolean", comment: "the detector never fires up to largest_count: its onset is beyond it" },
    { name: "lag", type: "double precision", comment: "success_onset − detection_onset: negative means that the attack works before it is seen; −Infinity where censored" },
    { name: "log_ratio", type: "double precision", comment: "log10(detection_onset / success_onset); Infinity where censored" },
  ],
  query: `select o.study, ${listOf("o", ["replicate", ...LINE])}, d.detector, s.success, s.success_onset, d.detection_onset,
  d.detection_onset is null as is_censored,
  coalesce(s.success_onset - d.detection_onset, '-Infinity'::double precision) as lag,
  case when s.success_onset > 0 then coalesce(log(d.detection_onset::double precision / s.success_onset), 'Infinity'::double precision) end as log_ratio
from krr_onset o
cross join lateral (values (0.5::double precision, o.success_half), (0.9::double precision, o.success_most)) s (success, success_onset)
cross join lateral (values ${DETECTORS.map((name) => `('${name}', o.${name})`).join(", ")}) d (detector, detection_onset)
where s.success_onset is not null and exists (
  select from krr_detection k where ${sameLine("k", "o")} and k.replicate = o.replicate and
    case d.detector ${DETECTORS.map((name) => `when '${name}' then k.${name}_fires`).join(" ")} end is not null)`,
};

const lagMedian: View = {
  name: "krr_lag_median",
  comment: "krr_lag over replicates: medians that count a detector which never fires as infinitely late",
  columns: [
    ...lineColumns(LINE),
    { name: "detector", type: "text", comment: "as in krr_lag" },
    { name: "success", type: "double precision", comment: "as in krr_lag" },
    { name: "replicates", type: "bigint", comment: "lines on which the attack succeeds; the others are left out" },
    { name: "censored", type: "bigint", comment: "of these, lines on which the detector never fires" },
    { name: "median_lag", type: "double precision", comment: "lower median of lag; −Infinity where half or more are censored" },
  ],
  query: `select study, ${LINE.join(", ")}, detector, success, count(*) as replicates,
  count(*) filter (where is_censored) as censored,
  percentile_disc(0.5) within group (order by lag) as median_lag
from krr_lag group by study, ${LINE.join(", ")}, detector, success`,
};

const falseAlarms: View = {
  name: "krr_false_alarms",
  comment: "false-positive rates of the detectors, measured on clean models (m = 0), over replicates",
  columns: [
    ...lineColumns(LINE),
    { name: "replicates", type: "bigint", comment: "clean models" },
    { name: "overlap", type: "double precision", comment: "share with gn_overlap_clean above overlap_threshold" },
    { name: "top", type: "double precision", comment: "share that B would flag among the other replicates' clean models; null below 19 of them" },
    { name: "spike", type: "double precision", comment: "mean conformal_gn_false: share of clean probes flagged" },
    { name: "trace", type: "double precision", comment: "mean conformal_trace_false: share of clean probes flagged" },
  ],
  query: `select r.study, ${listOf("r", LINE)}, count(*) as replicates,
  avg((r.gn_overlap_clean > r.overlap_threshold)::int)::double precision as overlap,
  avg(d.top_fires::int)::double precision as top,
  avg(nullif(r.conformal_gn_false, 'NaN')) as spike, avg(nullif(r.conformal_trace_false, 'NaN')) as trace
from krr r join krr_detection d on ${sameLine("d", "r")} and d.replicate = r.replicate and d.poison_count = 0
where r.poison_count = 0 and r.status = 'ok' and r.gn_top_clean is not null
group by r.study, ${listOf("r", LINE)}`,
};

/** In an order in which they can be made. */
export const detectionViews: readonly View[] = [detection, onset, lag, lagMedian, falseAlarms];
