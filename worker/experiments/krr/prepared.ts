// What one (replicate, kernel, length scale) prepares once for all its points.
import type { DataPool } from "../../../data/draw.ts";
import { type Kernel, isRadial } from "../../../schema/experiments/krr.ts";
import { rotatesTests, systemsOf } from "../../../schema/experiments/krr-cost.ts";
import { copyOf, type Matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { kernelMap } from "../kernel/kernel-map.ts";
import { type Geometry, geometryOf } from "./geometry.ts";
import { isFiniteMatrix } from "./matrix-parts.ts";
import type { ReplicateRequest } from "./replicate.ts";
import { solverFor } from "./routes.ts";
import { mapped, mappedLower, type Scene, sceneOf } from "./scene.ts";
import type { Setting } from "./setting.ts";
import type { RidgeSolver } from "./solver.ts";

export interface Prepared {
  readonly setting: Setting;
  readonly replicate: number;
  readonly linalg: LinalgProvider;
  readonly geometry: Geometry;
  /** In units of feature distance; NaN for kernels without one. */
  readonly lengthScale: number;
  readonly solver: RidgeSolver;
  /** Whether test rows have entered the solver's basis; if not, weights must leave it. */
  readonly rotates: boolean;
  /** Qᵀ Y, (n, q). */
  readonly codes: Matrix;
  /** Qᵀ K_XT if `rotates`, else K_XT: (n, t). */
  readonly trainTest: Matrix;
  /** The test rows each target's attack succeeds or fails on: the target, or −1 to leave out. */
  readonly victims: readonly Int32Array[];
  readonly scene: (strength: number) => Scene;
}

export interface PrepareRequest extends ReplicateRequest {
  readonly setting: Setting;
  /** As the study gives it. */
  readonly lengthScale: number;
}

/** The kernel of the training or test rows is not finite: no point can be measured. */
export interface Hopeless {
  readonly solver: null;
  readonly lengthScale: number;
}

export function prepare(
  request: PrepareRequest,
  pool: DataPool,
  linalg: LinalgProvider,
): Prepared | Hopeless {
  const { setting, spec } = request;
  const geometry = geometryOf(request, pool, linalg);
  const lengthScale = absoluteLengthScale(spec.kernel, request.lengthScale, geometry.median);
  const map = kernelMap(spec.kernel, lengthScale, geometry.dimension);
  const kernel = mappedLower(geometry.trainTrain, map);
  const trainTest = mapped(geometry.trainTest, map);
  const isFinite = geometry.isFinite &&
    (map.isBounded || (isFiniteMatrix(kernel) && isFiniteMatrix(trainTest)));
  if (!isFinite) return { solver: null, lengthScale };
  const solver = solverFor(setting.route, spec.precision !== undefined)(kernel, linalg);
  // A decision on the study's whole grid: jobs that share a preparation must agree on it.
  const rotates = rotatesTests({
    attack: spec.attack.kind,
    systems: systemsOf(spec),
    classes: geometry.classes,
    scenes: setting.strength.values.length,
    poisons: geometry.poisons.rows.length,
    test: geometry.testLabels.length,
  });
  return {
    setting,
    replicate: request.replicate,
    linalg,
    geometry,
    lengthScale,
    solver,
    rotates,
    codes: solver.toBasis(copyOf(geometry.codes)),
    trainTest: rotates ? solver.toBasis(trainTest) : trainTest,
    victims: setting.target.values.map((target) =>
      geometry.testLabels.map((label) => (label === target ? -1 : target))),
    scene: (strength) => sceneOf(geometry.scene(strength), { map, solver, rotates }),
  };
}

/** A length scale as the study gives it, in units of feature distance. */
export function absoluteLengthScale(kernel: Kernel, given: number, median: number): number {
  if (!isRadial(kernel)) return Number.NaN;
  return kernel.length_scale_unit === "median_distance" ? given * median : given;
}
