// Each probe's own Hessian along γ: the pointwise test of its largest eigenvalue, T2.
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { Column, Views } from "./columns.ts";
import type { View } from "./model.ts";
import type { Task } from "./drive.ts";
import { shareAbove } from "./pointwise.ts";
import { sideBySide } from "./narrow.ts";
import type { Profile } from "./profile.ts";
import { predictedTops } from "./spectrum.ts";

interface Sets extends Views {
  readonly references: View;
}

/** Searches for every probe of all sets, and the shares that stand out among the references. */
export function topsOfEach(
  sets: Sets,
  gammas: readonly number[],
  linalg: LinalgProvider,
): { readonly tasks: readonly Task[]; finish(): Column[] } {
  const searched = (view: View) => Array.from(view.set.labels, (_, probe) =>
    predictedTops({ view: onlyProbe(view, probe), gammas }, linalg));
  const each = { references: searched(sets.references), clean: searched(sets.clean), triggered: searched(sets.triggered) };
  return {
    tasks: Object.values(each).flat().flatMap(({ tasks }) => tasks),
    finish() {
      const tops = (name: keyof Sets): Float64Array[] => each[name].map((one) => one.finish());
      const references = tops("references");
      const at = (all: readonly Float64Array[], place: number): Float64Array => Float64Array.from(all, (one) => one[place]!);
      const share = (name: "clean" | "triggered"): Float64Array => {
        const own = tops(name);
        return Float64Array.from(gammas, (_, place) => shareAbove(at(own, place), at(references, place)));
      };
      return [
        { name: "conformal_hessian_power", values: share("triggered") },
        { name: "conformal_hessian_false", values: share("clean") },
      ];
    },
  };
}

/** What is known of one probe of a set, as a set of its own. */
function onlyProbe(view: View, probe: number): View {
  const { set, scores, sums } = view;
  const q = view.r.length;
  const column = (a: Matrix): Matrix => columns(a, probe, probe + 1);
  const { probes } = set.rows;
  return {
    ...view,
    set: { rows: { ...set.rows, probes: column(probes) }, profile: profileAt(set.profile, column), labels: set.labels.slice(probe, probe + 1) },
    scores: matrix(1, q, Float64Array.from({ length: q }, (_, k) => scores.data[probe + k * scores.rows]!)),
    g: view.g.slice(probe, probe + 1),
    frame: sideBySide([columns(view.frame, probe * q, (probe + 1) * q), column(probes)]),
    own: column(view.own),
    grams: columns(view.grams, probe * q, (probe + 1) * q),
    gram: null,
    sums: { probeProbe: column(sums.probeProbe), identity: column(sums.identity), trace: column(sums.trace) },
  };
}

function profileAt(profile: Profile, column: (a: Matrix) => Matrix): Profile {
  return {
    kernel: column(profile.kernel),
    toRow: column(profile.toRow),
    toProbe: column(profile.toProbe),
    rowRow: column(profile.rowRow),
    rowProbe: column(profile.rowProbe),
    probeProbe: column(profile.probeProbe),
    identity: column(profile.identity),
    trace: column(profile.trace),
    crossShare: profile.crossShare,
    cusps: profile.cusps,
  };
}
