// Photographs the map of a study: `npm run docs:dashboard -- DATABASE 'STUDY/map?…'`, as in the page's
// own link behind `#/study/`. Needs Debian's chromium.
import { fileURLToPath } from "node:url";
import { openStoreParts } from "../coordinator/store/open.ts";
import { launchBrowser, startPage } from "../test/support/browser-bench.ts";

const VIEW = { width: 1280, height: 900 };
/** After the last answer, for the crosshair's slices and cell. */
const SETTLED_MS = 1_500;

const [database, view] = process.argv.slice(2);
if (database === undefined || view === undefined) {
  console.error("usage: npm run docs:dashboard -- DATABASE 'STUDY/map?x=ridge&y=poison_count'");
  process.exit(2);
}
const parts = await openStoreParts(database);
const dashboard = await startPage(parts);
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: VIEW, colorScheme: "light" });
  await page.goto(`${dashboard.url}#/study/${view}`);
  await page.locator(".slices .line").first().waitFor({ state: "attached" });
  await page.waitForLoadState("load");
  await page.waitForTimeout(SETTLED_MS);
  const path = fileURLToPath(new URL("../../docs/dashboard.png", import.meta.url));
  // The page names the version of what serves it, which is of no interest here.
  await page.locator("footer").evaluate((footer) => footer.remove());
  const picture = await page.screenshot({ path, fullPage: true });
  console.log(`${path}: ${picture.length} bytes`);
} finally {
  await browser.close();
  await dashboard.close();
  await parts.store.close();
}
