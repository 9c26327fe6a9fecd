// A prepared krr setting on a device, ready to measure boxes; see ../bench.ts for the host's.
import type { ResultBlock } from "../../../../schema/column.ts";
import { residentSystemsTogether } from "../../../../schema/experiments/krr-device.ts";
import type { KrrSpec } from "../../../../schema/study.ts";
import type { Workspace } from "../../../linalg/device.ts";
import type { Bench } from "../../experiment.ts";
import { measureBox, refuse } from "../bench.ts";
import { type LineMeasurer, withColumns } from "../line.ts";
import { screeningLines } from "../screening/lines.ts";
import { residentAdded } from "./added.ts";
import { type ResidentBlock, residentClones } from "./clones.ts";
import type { ResidentPrepared } from "./prepared.ts";
import { residentScene } from "./scene.ts";
import { screenedPrepared } from "./screened.ts";

const ATTACKERS: Readonly<Record<KrrSpec["attack"]["kind"], (block: ResidentBlock) => LineMeasurer>> = {
  clones: residentClones,
  added: residentAdded,
  replace: residentAdded,
  cluster: residentAdded,
  shortcut: residentAdded,
};

export function residentBench(prepared: ResidentPrepared): Bench<ResultBlock> {
  const { setting, geometry, lengthScale, workspace, rows, route } = prepared;
  const { kind } = setting.spec.attack;
  const poisons = kind === "clones" ? geometry.poisons.rows.length : 0;
  return {
    bytes: workspace.bytes + rows.bytes,
    detail: `${route}, ${setting.spec.precision === undefined ? "float64" : "mixed precision"}`,
    release: () => workspace.release(),
    measure: (box) => withBlocks(prepared, (open) => measureBox({
      setting,
      lengthScale,
      scenesTogether: 1,
      together: (scenes) => residentSystemsTogether(route, geometry.classes + scenes * poisons),
      attackOn(strengths) {
        const scene = residentScene(prepared, setting.strength.values[strengths.from] ?? Number.NaN, open("scene"));
        const { screening } = setting.spec;
        const screens = screening === undefined || scene === null || scene.screened === null ? null
          : screeningLines(screenedPrepared(prepared), [scene.screened], screening);
        return (systems) => {
          if (scene === null) return refuse;
          const measure = ATTACKERS[kind]({ prepared, scene, systems, workspace: open("block") });
          return screens === null ? measure
            : withColumns(measure, (line) => screens(systems[line.system]!, line).map((found) => ({ screening: found })));
        };
      },
    }, box)),
  };
}

/** Device memory of the scene and the block at hand: each opened anew frees the one before. */
type Opener = (what: "scene" | "block") => Workspace;

function withBlocks<T>({ device }: ResidentPrepared, run: (open: Opener) => T): T {
  const held = new Map<string, Workspace>();
  try {
    return run((what) => {
      held.get("block")?.release();
      held.get(what)?.release();
      const workspace = device.open(what === "scene" ? "a trigger's kernels" : "a block of systems");
      held.set(what, workspace);
      return workspace;
    });
  } finally {
    for (const workspace of held.values()) workspace.release();
  }
}
