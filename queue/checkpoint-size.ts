// How large a checkpoint any queue carries.
import { CHECKPOINT_BYTES_MAX } from "../schema/limits.ts";
import type { Kept } from "./port.ts";

/** Why a checkpoint is not carried; null where it is. */
export function tooLarge({ length }: Uint8Array): Kept | null {
  if (length <= CHECKPOINT_BYTES_MAX) return null;
  const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return { ok: false, why: `it has ${mib(length)}, and a queue carries ${mib(CHECKPOINT_BYTES_MAX)}` };
}
