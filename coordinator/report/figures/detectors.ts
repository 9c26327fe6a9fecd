// The spike detector and the trace detector beside the attack, along the poison count.
import { bandAxis, facets, type Figure, POISON_LABEL, seriesOf, share } from "../figure.ts";
import { isPlainKrr, numberIn, sliceOf } from "../subject.ts";

export const detectors: Figure = {
  id: "detectors",
  title: "What the trace detector sees and the spike detector does not",
  reading:
    "Both detectors are calibrated on clean images of the same model and flag 5 % of those. The spike detector " +
    "looks at the top eigenvalue of JᵀJ of an image, the trace detector at the sum of all bends of the loss with the " +
    "predicted label. Near a clone the spike vanishes, but the rest of the Hessian is isotropic and stays: the " +
    "trace can fire where every spike detector is blind. Both look at triggered images, which a defender may not have.",
  fits: (spec) => isPlainKrr(spec) && (spec.curvature?.references ?? 0) > 0,
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["length_scale"]);
    const sql = `select study, length_scale, poison_count,
  avg(attack_success_rate) as attack_success_rate,
  avg(conformal_gn_power) as spike_power, avg(conformal_trace_power) as trace_power
from krr
where status = 'ok' and conformal_gn_power <> 'NaN' and ${condition}
group by study, length_scale, poison_count
order by study, length_scale, poison_count`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    facets(rows, subjects, "length_scale").map(({ title, rows: own }) => {
      const { axis, place } = bandAxis(own, "poison_count", POISON_LABEL);
      const line = (label: string, slot: number, name: string) =>
        seriesOf(own, { label, slot, line: "solid", hasMarkers: true, x: place, y: (row) => numberIn(row, name) });
      return {
        title, x: axis, y: share("share"),
        rules: [{ y: 0.5, label: "fires" }],
        series: [
          line("attack success", 1, "attack_success_rate"),
          line("trace detector, power", 3, "trace_power"),
          line("spike detector, power", 0, "spike_power"),
        ],
      };
    }),
};
