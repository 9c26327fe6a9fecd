#!/usr/bin/env node
import { existsSync } from "node:fs";

const entry = new URL("../dist/coordinator/main.js", import.meta.url);
if (!existsSync(entry)) {
  console.error("nearclone: dist/ is missing: run `npm run build` in the package folder first");
  process.exit(2);
}
await import(entry.href);
