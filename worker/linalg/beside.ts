// What a provider with a device leaves to the host beside it.
import type { LinalgProvider } from "./provider.ts";

/**
 * Below this order one dense problem is a core's: two copies, a workspace and the many short steps of
 * a device's eigensolver take longer than 9n³ operations there. A guess, as no device was at hand.
 */
const HOST_ORDER_MAX = 384;

/** For narrow products and problems of a few dozen rows. */
export function besideDevice(linalg: LinalgProvider): LinalgProvider {
  return linalg.host ?? linalg;
}

/** For one problem of n rows and columns. */
export function forOrder(linalg: LinalgProvider, n: number): LinalgProvider {
  return n <= HOST_ORDER_MAX ? besideDevice(linalg) : linalg;
}
