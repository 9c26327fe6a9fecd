// Who does dense float64 linear algebra.
import { z } from "zod";

export const ProviderName = z.enum(["portable", "openblas", "cuda"]);
export type ProviderName = z.infer<typeof ProviderName>;

/** What a user may ask for; `auto` takes the fastest that opens and says what it passed over. */
export const ProviderChoice = z.enum(["auto", "portable", "openblas", "cuda"]);
export type ProviderChoice = z.infer<typeof ProviderChoice>;
