// The `webgpu` backend on SwiftShader, a Vulkan driver that computes on the processor and comes with
// Debian's browser: its operators, and a run that is interrupted.
//
// In a process of its own, since the driver is found by the environment that a process starts with,
// and so that no other test's `auto` measures a processor that plays a GPU.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ROOT } from "../support/source-tree.ts";

const BROWSER = "/usr/lib/chromium";
const DRIVER = join(BROWSER, "vk_swiftshader_icd.json");
const LOADER = "libvulkan.so.1";
const FILES = ["operators.test.js", "resume.test.js"].map((name) => fileURLToPath(new URL(name, import.meta.url)));

function whyNot(): string | null {
  for (const name of ["webgpu", "@tensorflow/tfjs-backend-webgpu"]) {
    if (!existsSync(join(ROOT, "node_modules", name))) return `${name} is not installed`;
  }
  const needed = [DRIVER, join(BROWSER, LOADER)].find((path) => !existsSync(path));
  return needed === undefined ? null : `no ${needed}: apt-get install chromium`;
}

interface Output {
  readonly code: number | null;
  readonly text: string;
}

function testsInProcess(environment: NodeJS.ProcessEnv): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--test", "--test-reporter=tap", ...FILES],
      { env: environment, stdio: ["ignore", "pipe", "inherit"] });
    const kill = (): void => void child.kill("SIGKILL");
    process.once("exit", kill);
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("exit", kill);
      resolve({ code, text });
    });
  });
}

test("webgpu: on SwiftShader its operators are the reference's, and a killed run goes on", async (t) => {
  const why = whyNot();
  if (why !== null) return t.diagnostic(`webgpu is not examined here: ${why}`);
  const loader = mkdtempSync(join(tmpdir(), "nearclone-vulkan-"));
  t.after(() => rmSync(loader, { recursive: true, force: true }));
  symlinkSync(join(BROWSER, LOADER), join(loader, LOADER)); // alone: the browser's folder has more libraries
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env; // a test run of its own
  const { code, text } = await testsInProcess({
    ...inherited, VK_ICD_FILENAMES: DRIVER, LD_LIBRARY_PATH: loader, NEARCLONE_TEST_BACKEND: "webgpu",
  });
  assert.equal(code, 0, text);
  const operators = text.match(/^ +ok \d+ - .*value and gradients are the reference's/gm) ?? [];
  const runs = text.match(/^ok \d+ - webgpu \(.*a run killed between two epochs/gm) ?? [];
  assert.ok(operators.length > 15 && runs.length === 1, text);
  t.diagnostic(`${operators.length} operators on ${/webgpu \((.*?)\)/.exec(text)?.[1]}`);
});
