// Writes docs/STUDY-FILE.md and studies/study.schema.json: `npm run docs:study`.
//
// test/docs.test.ts fails where they are stale.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { studySchemaText } from "../schema/study-document.ts";
import { withGenerated } from "./generated-parts.ts";
import { studyFileParts } from "./study-tables.ts";

/** The folder of package.json: two above dist/tools. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const studyFile = `${ROOT}docs/STUDY-FILE.md`;
writeFileSync(studyFile, withGenerated(readFileSync(studyFile, "utf8"), studyFileParts()));
writeFileSync(`${ROOT}studies/study.schema.json`, studySchemaText());
