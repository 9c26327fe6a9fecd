// The embedded database: the store's exam, in memory.
import { examineStore } from "../contract/store.ts";

examineStore("pglite", async () => "memory:");
