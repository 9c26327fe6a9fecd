// The Cholesky call of cuSOLVER with nothing around it: what the provider is measured against.
import type { DeviceMatrix } from "../../worker/linalg/device.ts";
import type { Session } from "../../worker/linalg/cuda/session.ts";
import { placed } from "../../worker/linalg/cuda/workspace.ts";

const LOWER = 0;
const REAL_64 = 1;

/** Workspace taken beforehand; `run` factorises in place and waits. */
export function bareCholesky(session: Session, a: DeviceMatrix): { run: () => void; close: () => void } {
  const { libraries: { solver, runtime }, memory, params, verdict } = session;
  const n = a.rows;
  const where = [LOWER, n, REAL_64, placed(a).address, n, REAL_64] as const;
  const [onDevice, onHost] = [new BigUint64Array(1), new BigUint64Array(1)];
  solver.call("cusolverDnXpotrf_bufferSize", session.solver, params, ...where, onDevice, onHost);
  const [bytes, hostBytes] = [Number(onDevice[0]!), Number(onHost[0]!)];
  const address = memory.allocate(bytes, "a workspace");
  const host = new Uint8Array(Math.max(1, hostBytes));
  return {
    run() {
      solver.call("cusolverDnXpotrf", session.solver, params, ...where, address, bytes, host, hostBytes, verdict);
      runtime.call("cudaDeviceSynchronize");
    },
    close: () => memory.free(address),
  };
}
