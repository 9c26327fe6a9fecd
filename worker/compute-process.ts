// The entry of a compute process: threads that measure what the worker at the other end asks.
import { serveParent } from "./serve-parent.ts";
import { openPool } from "./pool.ts";

serveParent(openPool);
