// What opening a backend gives: a working one, or why not.
import type { BackendName } from "../../schema/provider.ts";

export type Opened =
  | {
      readonly ok: true;
      readonly device: string;
      readonly isReproducible: boolean;
      /** What the device complained of behind the operators' back; null for nothing. */
      readonly complaint?: () => string | null;
    }
  /** Why it cannot be opened, and how to get it. */
  | { readonly ok: false; readonly why: string };

/** What `auto` saw of a backend. */
export interface BackendRemark {
  readonly name: BackendName;
  readonly isOpen: boolean;
  /** Its speed, or why it cannot be opened. */
  readonly text: string;
}

export interface BackendOptions {
  /** Most bytes of tensors; beyond it an operator throws ComputeError out_of_device_memory. */
  readonly memoryBytesMax?: number;
}

/** Loads an optional package: undefined if it is not installed, an Error if it does not load. */
export async function optionalPackage(name: string): Promise<object | Error | undefined> {
  try {
    const loaded: unknown = await import(name);
    return typeof loaded === "object" && loaded !== null ? loaded : undefined;
  } catch (error) {
    const isAbsent =
      error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" &&
      error.message.includes(`'${name}'`);
    if (isAbsent) return undefined;
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The first line of an error's message. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? message;
}
