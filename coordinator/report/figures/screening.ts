// Data-side detectors and the partitions' vote, along the poison count.
import type { Panel } from "../chart/panel.ts";
import { bandAxis, facets, type Figure, POISON_LABEL, seriesOf, share } from "../figure.ts";
import { isKrr, numberIn, type Row, sliceOf } from "../subject.ts";
import { DETECTORS } from "../../../schema/experiments/krr-screening.ts";

const LABELS = { spectral: "spectral signatures", clustering: "activation clustering", spectre: "SPECTRE", scan: "SCAn", strip: "STRIP" };

export const screening: Figure = {
  id: "screening",
  title: "What detectors of data see",
  reading:
    "The area under the ROC curve of each detector: the chance that a poison looks more suspect than a clean row of " +
    "the target class (STRIP: a triggered than a clean test image). One half is guessing, below one half " +
    "looks away. Poisons that are few hide from a first principal axis; poisons that are half of their class hide as its majority.",
  fits: (spec) => isKrr(spec) && (spec.screening?.detectors.length ?? 0) > 0,
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["length_scale"]);
    const sql = `select study, length_scale, poison_count, avg(attack_success_rate) as attack_success_rate,
  ${DETECTORS.map((name) => `avg(nullif(${name}_auc, 'NaN')) as ${name}_auc`).join(",\n  ")}
from krr
where status = 'ok' and poison_count > 0 and ${condition}
group by study, length_scale, poison_count
order by study, length_scale, poison_count`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    facets(rows, subjects, "length_scale").map(({ title, rows: own }) => {
      const { axis, place } = bandAxis(own, "poison_count", POISON_LABEL);
      const area = (name: typeof DETECTORS[number], slot: number) => seriesOf(own, {
        label: LABELS[name], slot, line: "solid", hasMarkers: true, x: place, y: (row: Row) => numberIn(row, `${name}_auc`),
      });
      const success = seriesOf(own, { label: "attack success", slot: 1, line: "dashed", hasMarkers: false,
        x: place, y: (row) => numberIn(row, "attack_success_rate") });
      // Slot 1 is the attack's in every figure.
      const areas = DETECTORS.map((name, index) => area(name, index === 0 ? 0 : index + 1));
      return { title, x: axis, y: share("area under the curve"), rules: [{ y: 0.5, label: "guessing" }],
        series: [success, ...areas.filter(({ points }) => points.some(({ y }) => Number.isFinite(y)))] };
    }),
};

export const partitions: Figure = {
  id: "partitions",
  title: "A vote of partitions, and its certificate",
  reading:
    "The attack against the vote of models that each see a share of the rows (dashed: against one model of all rows), and what " +
    "is certified: the share of test images that the vote gets right and that this many poisons cannot change, " +
    "whatever they are. The price is the distance between the two lines of clean accuracy.",
  fits: (spec) => isKrr(spec) && spec.screening?.partitions !== undefined,
  query(subjects) {
    const { condition, words } = sliceOf(subjects, ["length_scale"]);
    const names = ["attack_success_rate", "dpa_success", "clean_accuracy", "dpa_clean_accuracy", "dpa_certified"];
    const sql = `select study, length_scale, poison_count,
  ${names.map((name) => `avg(${name}) as ${name}`).join(", ")}
from krr
where status = 'ok' and dpa_success <> 'NaN' and ${condition}
group by study, length_scale, poison_count
order by study, length_scale, poison_count`;
    return { sql, words };
  },
  panels: (rows, subjects) =>
    facets(rows, subjects, "length_scale").map(({ title, rows: own }): Panel => {
      const { axis, place } = bandAxis(own, "poison_count", POISON_LABEL);
      const line = (label: string, slot: number, name: string, style: "solid" | "dashed") =>
        seriesOf(own, { label, slot, line: style, hasMarkers: style === "solid", x: place, y: (row) => numberIn(row, name) });
      return { title, x: axis, y: share("share"), series: [
        line("success, one model", 1, "attack_success_rate", "dashed"),
        line("success, vote", 1, "dpa_success", "solid"),
        line("accuracy, one model", 2, "clean_accuracy", "dashed"),
        line("accuracy, vote", 2, "dpa_clean_accuracy", "solid"),
        line("certified", 0, "dpa_certified", "solid"),
      ] };
    }),
};
