// The port behind which curvature's products with the rows X' are made on a device.
//
// X' stays there for as long as its scene, what operators are made of for as long as they are
// searched; vectors go up, products come down. Without it the host does the same with the provider's
// verbs (jacobian.ts, operators.ts); the two agree but for rounding.
import type { Matrix } from "../../../linalg/matrix.ts";
import type { Application } from "./operators.ts";
import type { Profile } from "./profile.ts";

export interface RowsOnDevice {
  /** @see gradientsInto for the host's. @param probes (d, B). */
  gradientsInto(out: Matrix, weights: Matrix, profile: Profile, probes: Matrix): Matrix;
  /** @see applyMany for the host's; all applications are to these rows. */
  apply(applications: readonly Application[]): Matrix[];
  /** Frees what operators left there: they are not applied again. */
  forget(): void;
}
