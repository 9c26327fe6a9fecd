// Matrices in device memory, and the workspaces that own them.
import type { DeviceMatrix, Workspace } from "../device.ts";
import type { Matrix } from "../matrix.ts";
import { type Placed, sizeOf, toDevice } from "./arithmetic.ts";
import type { Session } from "./session.ts";

/** Checked wherever a matrix comes in: one of another device has no address here. */
export class CudaMatrix implements Placed, DeviceMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly address: number;

  constructor(rows: number, cols: number, address: number) {
    this.rows = rows;
    this.cols = cols;
    this.address = address;
  }
}

export function placed(a: DeviceMatrix): CudaMatrix {
  if (a instanceof CudaMatrix) return a;
  throw new TypeError("a matrix of another device, or none, was given to cuda");
}

export class CudaWorkspace implements Workspace {
  readonly #session: Session;
  readonly #purpose: string;
  readonly #sizes = new Map<number, number>();
  #bytes = 0;

  constructor(session: Session, purpose: string) {
    this.#session = session;
    this.#purpose = purpose;
  }

  get bytes(): number {
    return this.#bytes;
  }

  matrix(rows: number, cols: number): CudaMatrix {
    const bytes = sizeOf({ rows, cols });
    const address = this.#session.memory.allocate(bytes, `${this.#purpose}: a ${rows} × ${cols} matrix`);
    if (address !== 0) this.#sizes.set(address, bytes);
    this.#bytes += bytes;
    return new CudaMatrix(rows, cols, address);
  }

  upload(a: Matrix): CudaMatrix {
    const out = this.matrix(a.rows, a.cols);
    toDevice(this.#session, a.data, out);
    return out;
  }

  drop(a: DeviceMatrix): void {
    const { address } = placed(a);
    const bytes = this.#sizes.get(address);
    if (bytes === undefined) return;
    this.#sizes.delete(address);
    this.#bytes -= bytes;
    this.#session.memory.free(address);
  }

  release(): void {
    // Each is forgotten before it is freed: if the device is lost, a second release does nothing.
    for (const [address, bytes] of this.#sizes) {
      this.#sizes.delete(address);
      this.#bytes -= bytes;
      this.#session.memory.free(address);
    }
  }
}

/** Runs with a workspace of its own, which is released whatever happens. */
export function withWorkspace<T>(
  session: Session,
  purpose: string,
  run: (workspace: CudaWorkspace) => T,
): T {
  const workspace = new CudaWorkspace(session, purpose);
  try {
    return run(workspace);
  } finally {
    workspace.release();
  }
}
