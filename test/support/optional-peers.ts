// The optional peers that tests examine where they may be had: beside the project's packages, and
// written down nowhere.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./source-tree.ts";

/** What opens the `webgpu` backend; SwiftShader then serves it without a GPU. */
const WEBGPU = ["webgpu@0.6", "@tensorflow/tfjs-backend-webgpu@4.22.0"];
const INSTALL_MS_MAX = 180_000;

/**
 * Installs what is missing where tests shall skip nothing (CI): 200 MB, 15 s. Elsewhere nobody gets
 * them by running tests. Never throws: what then is not examined says so itself.
 */
export function installOptionalPeers(environment: NodeJS.ProcessEnv): void {
  const isWanted = environment["CI"] === "true" || environment["NEARCLONE_NO_SKIP"] === "1";
  const missing = WEBGPU.filter((one) => !existsSync(join(ROOT, "node_modules", one.replace(/@[\d.]+$/, ""))));
  if (!isWanted || missing.length === 0) return;
  console.log(`installing ${missing.join(" and ")}`);
  const script = join(ROOT, "scripts/add-optional.sh");
  const { status, stderr, error } = spawnSync("sh", [script, ...missing], { encoding: "utf8", timeout: INSTALL_MS_MAX });
  if (status !== 0) console.log(`not installed: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
}
