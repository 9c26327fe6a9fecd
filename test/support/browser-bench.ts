// A dashboard on a real socket with a real browser before it.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { type Dashboard, startDashboard } from "../../coordinator/api/server.ts";
import { makeTools, type ToolOptions } from "../../coordinator/api/tools.ts";
import { openStoreParts, type StoreParts } from "../../coordinator/store/open.ts";
import { realClock } from "../../queue/clock.ts";
import { openTestStoreParts } from "./database.ts";
import { CHROMIUM, INSTALL_LINE } from "./packages.ts";

export const skipWithoutChromium: string | false =
  !existsSync(CHROMIUM) && `no ${CHROMIUM}: ${INSTALL_LINE}`;

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const DIST = fileURLToPath(new URL("../..", import.meta.url));
const SHOTS = join(DIST, "screenshots");

export interface BrowserBench {
  readonly parts: StoreParts;
  readonly browser: Browser;
  readonly base: string;
  /** A page that fails the test through `trouble` on any console error or request elsewhere. */
  open(fragment: string, options?: { width?: number; theme?: "light" | "dark" }): Promise<Page>;
  readonly trouble: string[];
  /** Stops the server and, after `meanwhile`, starts another at the same address. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
  shoot(page: Page, name: string): Promise<void>;
  close(): Promise<void>;
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export async function startPage(parts: StoreParts, port = 0, options: Partial<ToolOptions> = {}): Promise<Dashboard> {
  const tools = makeTools({ ...parts, clock: realClock, version: "0.0.0", boot: `b${port}`, ...options });
  return startDashboard({ tools, host: "127.0.0.1", port, pageFolder: join(DIST, "dashboard"), onBug: console.error });
}

export async function browserBench(prepare: (parts: StoreParts) => Promise<void>, url?: string): Promise<BrowserBench> {
  const parts = await (url === undefined ? openTestStoreParts() : openStoreParts(url));
  await prepare(parts);
  let dashboard = await startPage(parts);
  const { port } = dashboard;
  const browser = await launchBrowser();
  const base = `http://127.0.0.1:${port}/`;
  const trouble: string[] = [];
  mkdirSync(SHOTS, { recursive: true });
  return {
    parts, browser, base, trouble,
    open: async (fragment, { width = 1280, theme = "light" } = {}) => {
      const height = width > 500 ? 860 : 844;
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme });
      page.setDefaultTimeout(15_000);
      page.on("console", (message) => {
        if (message.type() === "error") trouble.push(message.text());
      });
      page.on("pageerror", (error) => trouble.push(error.message));
      page.on("request", (request) => {
        if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(base)) trouble.push(request.url());
      });
      await page.goto(base + fragment);
      return page;
    },
    restart: async (meanwhile) => {
      await dashboard.close();
      await meanwhile();
      dashboard = await startPage(parts, port, { boot: "another" });
    },
    shoot: async (page, name) => {
      await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
    },
    close: async () => {
      await browser.close();
      await dashboard.close();
      await parts.store.close();
    },
  };
}
