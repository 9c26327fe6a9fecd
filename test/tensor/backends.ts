// Which backends a test goes through: all, or with NEARCLONE_TEST_BACKEND=NAME one that must be there.
import { BackendName } from "../../schema/provider.ts";

const NAMES = ["wasm", "cpu", "tensorflow", "webgpu"] as const satisfies readonly BackendName[];
const demanded = process.env["NEARCLONE_TEST_BACKEND"];

/** Throws where the variable names no backend. */
export function backendsUnderTest(): readonly BackendName[] {
  return demanded === undefined ? NAMES : [BackendName.parse(demanded)];
}

export function isDemanded(name: BackendName): boolean {
  return demanded === name;
}
