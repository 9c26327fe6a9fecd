// The exam that every provider of linear algebra sits.
import { describe } from "node:test";
import type { OpenOptions } from "../../worker/linalg/choose.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { examineBatches } from "./linalg/batches.ts";
import { examineDeterminism } from "./linalg/determinism.ts";
import { examineFactorisations } from "./linalg/factorisations.ts";
import { examineProducts } from "./linalg/products.ts";
import { examineShapes } from "./linalg/shapes.ts";
import { examineSingle } from "./linalg/single.ts";
import { examineSpectra } from "./linalg/spectra.ts";

/**
 * Registers the suite. `open` may be called often, and gives a usable provider each time; other
 * threads get theirs from `openProvider` by its name and these options.
 */
export function examineLinalg(
  name: string,
  open: () => LinalgProvider,
  options: OpenOptions = {},
): void {
  describe(`${name}: products`, () => examineProducts(open));
  describe(`${name}: factorisations`, () => examineFactorisations(open));
  describe(`${name}: batches`, () => examineBatches(open));
  describe(`${name}: factors in float32`, () => examineSingle((a, shift) => open().choleskySingle(a, shift)));
  describe(`${name}: spectra`, () => examineSpectra(open));
  describe(`${name}: shapes`, () => examineShapes(open));
  describe(`${name}: determinism`, () => examineDeterminism(open, options));
}
