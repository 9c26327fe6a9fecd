// Picks and queries the two-axis picture that a study's summary shows.
//
// Axis values are told apart by the point's index, not by comparing numbers: index arithmetic on
// the row-major point is exact, also where two rates realise the same count.
import { shortNumber } from "./face/number.ts";
import type { DiagramAxis, PhaseDiagram } from "./face/phase.ts";
import { EXPERIMENTS } from "../schema/experiments/registry.ts";
import { strides } from "../schema/grid.ts";
import { poisonCountOf, poisonRateOf } from "../schema/experiments/krr-poison.ts";
import type { StudyOrder } from "../schema/job.ts";
import { axesOf, type Axis, type StudySpec } from "../schema/study.ts";
import type { Store } from "./store/port.ts";

/** Longer axes are thinned to this many values before they are drawn. */
const DRAWN_VALUES_MAX = 400;

export interface Slice {
  readonly metric: string;
  readonly diagram: PhaseDiagram;
  /** What was done about the other axes: ` at ridge 0.1, mean of 3 replicates`; "" without any. */
  readonly others: string;
  /** The query whose rows (column, row, mean) are the picture's cells. */
  readonly sql: string;
}

/** What stands for a study in a picture: its main metric, and the range of it where it is fixed. */
const MAIN_METRIC = {
  krr: { metric: "attack_success_rate", range: [0, 1] },
  linear: { metric: "attack_success_rate", range: [0, 1] },
  cnn: { metric: "attack_success_rate", range: [0, 1] },
  noop: { metric: "hash", range: [0, 1] },
} as const;

/** The table of a study's rows, and a condition that picks those that are numbers. */
export function rowsOf(order: StudyOrder): { table: string; condition: string; metric: string } {
  const { experiment } = order.spec;
  const { metric } = MAIN_METRIC[experiment];
  return {
    metric,
    table: EXPERIMENTS[experiment].table,
    condition: `study = (select id from study where key = '${order.key}') and status = 'ok'`,
  };
}

interface PlacedAxis extends DiagramAxis {
  /** SQL for the axis' index of a row. */
  readonly index: string;
}

/** The two axes that tell most, and the main metric's mean in each of their cells. */
export async function slicePicture(store: Store, order: StudyOrder): Promise<Slice | null> {
  const axes = placedAxes(order).filter(({ values }) => values.length > 1);
  const ranked = await byEffect(store, order, axes);
  const shown = pickTwo(ranked);
  if (shown === null) return null;
  const { x, y } = shown;
  const rest = axes.filter((axis) => axis !== x && axis !== y);
  const averaged = rest.filter(({ name }) => name === "replicate");
  const fixed = rest.filter((axis) => !averaged.includes(axis));
  const chosen = await richest(store, order, { rest: fixed, y });
  const at = chosen.map((one) => `${one.axis.name} ${valueText(one.axis, one.at)}`).join(", ");
  const means = averaged.map(({ name, values }) => `, mean of ${values.length} ${name}s`).join("");
  const others = `${at === "" ? "" : ` at ${at}`}${means}`;
  const condition = chosen.map(({ axis, at }) => ` and ${axis.index} = ${at}`).join("");
  const { diagram, sql } = await cellsOf(store, order, { x, y, condition });
  return { metric: rowsOf(order).metric, diagram, others, sql };
}

function valueText(axis: DiagramAxis, at: number): string {
  return shortNumber(axis.values[at] ?? Number.NaN);
}

function placedAxes(order: StudyOrder): PlacedAxis[] {
  const { spec, plan } = order;
  const steps = strides(plan.sizes);
  return axesOf(spec).map(({ name, values }, axis) => ({
    name,
    values: realised(spec, { name, values }),
    index: `(point / ${steps[axis] ?? 1} % ${values.length})`,
  }));
}

/** A rate is drawn as it was realised. */
function realised(spec: StudySpec, { name, values }: Axis): readonly number[] {
  if (spec.experiment !== "krr" || name !== "poison_rate") return values;
  const rows = spec.data.train;
  const { kind } = spec.attack;
  return values.map((rate) => poisonRateOf(poisonCountOf(rate, rows, kind), rows, kind));
}

interface RankedAxis {
  readonly axis: PlacedAxis;
  /** Range of the metric's mean along the axis. */
  readonly effect: number;
}

/** One pass over the rows; the axes along which the mean moves most come first. */
async function byEffect(
  store: Store,
  order: StudyOrder,
  axes: readonly PlacedAxis[],
): Promise<RankedAxis[]> {
  if (axes.length === 0) return [];
  const { table, condition, metric } = rowsOf(order);
  const names = axes.map((_, i) => `a${i}`);
  const { rows } = await store.sql(
    `select which, max(mean) - min(mean) from (
       select grouping(${names.join(", ")}) as which, avg(metric) as mean from (
         select ${axes.map(({ index }, i) => `${index} as a${i}`).join(", ")}, ${metric} as metric
         from ${table} where ${condition}
       ) as cells group by grouping sets (${names.map((name) => `(${name})`).join(", ")})
     ) as means group by which`,
  );
  const effects = new Map(rows.map(([which, effect]) => [Number(which), Number(effect)]));
  // grouping(a0, a1, …) has a bit for each axis that a row is not grouped by, a0's the highest.
  const all = 2 ** axes.length - 1;
  const ranked = axes.map((axis, i) =>
    ({ axis, effect: effects.get(all - 2 ** (axes.length - 1 - i)) ?? 0 }));
  return ranked.sort((a, b) => b.effect - a.effect);
}

/**
 * The amount of poison goes from left to right wherever it varies: the onset along it is what a
 * study is about. Replicates are for averaging, and drawn only where there is nothing else.
 */
function pickTwo(ranked: readonly RankedAxis[]): { x: PlacedAxis; y: PlacedAxis } | null {
  const standing = ({ axis: { name } }: RankedAxis): number =>
    name.startsWith("poison_") ? 0 : name === "replicate" ? 2 : 1;
  const [x, y] = ranked.toSorted((a, b) => standing(a) - standing(b));
  return x === undefined ? null : { x: x.axis, y: y?.axis ?? NO_AXIS };
}

/** Where only one axis varies, the picture is one row. */
const NO_AXIS: PlacedAxis = { name: "", values: [Number.NaN], index: "0" };

/**
 * For the axes that are not drawn: the indices at which the rows of the picture vary most from
 * left to right. A corner of the grid where the model has learnt nothing but the poison varies
 * much and says little, so that variation counts by the clean accuracy that goes with it.
 */
async function richest(
  store: Store,
  order: StudyOrder,
  { rest, y }: { readonly rest: readonly PlacedAxis[]; readonly y: PlacedAxis },
): Promise<{ axis: PlacedAxis; at: number }[]> {
  if (rest.length === 0) return [];
  const { table, condition, metric } = rowsOf(order);
  const isPoisoning = order.spec.experiment !== "noop";
  const names = rest.map((_, i) => `a${i}`).join(", ");
  const { rows } = await store.sql(
    `select ${names} from (
       select ${rest.map(({ index }, i) => `${index} as a${i}`).join(", ")}, ${y.index} as y,
         var_pop(${metric}) as variation, ${isPoisoning ? "avg(clean_accuracy)" : "1"} as worth,
         min(point) as first
       from ${table} where ${condition} group by ${names}, y
     ) as drawn group by ${names} order by sum(variation * worth) desc, min(first) limit 1`,
  );
  return rest.map((axis, i) => ({ axis, at: Number(rows[0]?.[i] ?? 0) }));
}

async function cellsOf(
  store: Store,
  order: StudyOrder,
  picture: { x: PlacedAxis; y: PlacedAxis; condition: string },
): Promise<{ diagram: PhaseDiagram; sql: string }> {
  const { table, condition, metric } = rowsOf(order);
  const [x, y] = [thinned(picture.x), thinned(picture.y)];
  const sql = `select ${x.index} as x, ${y.index} as y, avg(${metric}) as mean\nfrom ${table}
where ${condition}${picture.condition}\ngroup by 1, 2`;
  const { rows } = await store.sql(sql, { maxRows: DRAWN_VALUES_MAX ** 2 });
  const cells = new Float64Array(x.values.length * y.values.length).fill(Number.NaN);
  for (const [column, row, mean] of rows) {
    cells[Number(row) * x.values.length + Number(column)] = Number(mean);
  }
  const [low, high] = MAIN_METRIC[order.spec.experiment].range;
  return { diagram: { x, y, cells, low, high }, sql };
}

/** An axis of which only every so many values are drawn, a cell then being their mean. */
function thinned(axis: PlacedAxis): PlacedAxis {
  const step = Math.ceil(axis.values.length / DRAWN_VALUES_MAX);
  if (step === 1) return axis;
  const values = axis.values.filter((_, index) => index % step === 0);
  return { ...axis, values, index: `(${axis.index} / ${step})` };
}
