// Writes docs/SCHEMA.md: `npm run docs:schema`. test/docs.test.ts fails where it is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withGenerated } from "./generated-parts.ts";
import { schemaFileParts } from "./schema-tables.ts";

const file = fileURLToPath(new URL("../../docs/SCHEMA.md", import.meta.url));
writeFileSync(file, withGenerated(readFileSync(file, "utf8"), schemaFileParts()));
