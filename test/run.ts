// Runs every test file, or those whose path contains an argument: `npm test -- linalg`.
//
// As root on Debian it first installs the servers and libraries that tests use; elsewhere the
// tests that need an absent one skip and say so. The last line is `N passed, N failed, N skipped`.
// Exits 1 if a test failed, or if one was skipped while NEARCLONE_NO_SKIP=1.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { shareEmptyDatabase } from "./support/database.ts";
import { installOptionalPeers } from "./support/optional-peers.ts";
import { installTestPackages } from "./support/packages.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv.slice(2);

function testFiles(): string[] {
  return readdirSync(here, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.js"))
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
    .map((path) => join(here, path))
    .sort();
}

interface Tally {
  passed: number;
  failed: number;
  readonly skipped: string[];
}

async function runAll(files: readonly string[]): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: [] };
  // Two files at a time: the suite's servers and compute threads share a small machine.
  const stream = run({ files: [...files], concurrency: 2, timeout: 900_000 });
  stream.on("test:fail", () => tally.failed++);
  stream.on("test:pass", (event) => {
    if (event.details.type === "suite") return;
    if (event.skip === undefined || event.skip === false) tally.passed++;
    else tally.skipped.push(`${relative(here, event.file ?? "?")}: ${event.name}: ${event.skip}`);
  });
  const report = stream.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await finished(report, { readable: true });
  return tally;
}

installTestPackages();
const files = testFiles();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(", ")}`);
  process.exit(2);
}
if (files.some((file) => file.endsWith("/tensor/webgpu.test.js"))) installOptionalPeers(process.env);
if (wanted.length === 0) await shareEmptyDatabase();
const { passed, failed, skipped } = await runAll(files);
for (const line of skipped) console.log(`skipped: ${line}`);
const noSkip = process.env["NEARCLONE_NO_SKIP"] === "1" && skipped.length > 0;
if (noSkip) console.log(`${skipped.length} skipped tests count as failed here (NEARCLONE_NO_SKIP)`);
const tail = skipped.length > 0 && !noSkip ? `, ${skipped.length} skipped` : "";
console.log(`${passed} passed, ${failed + (noSkip ? skipped.length : 0)} failed${tail}`);
process.exit(failed > 0 || noSkip ? 1 : 0);
