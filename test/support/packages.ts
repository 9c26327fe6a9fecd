// The Debian packages that tests use, and their installation where that is ours to do.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

/** Debian's browser, which the browser tests and benchmarks drive. */
export const CHROMIUM = "/usr/bin/chromium";

/** Each package with a sign that it is there already, however it was installed. */
const PACKAGES: Readonly<Record<string, () => boolean>> = {
  postgresql: () =>
    existsSync("/usr/lib/postgresql") &&
    readdirSync("/usr/lib/postgresql").some((v) => existsSync(`/usr/lib/postgresql/${v}/bin/initdb`)),
  "nats-server": () => onPath("nats-server"),
  chromium: () => existsSync(CHROMIUM),
  gcc: () => onPath("gcc"),
  "libc6-dev": () => existsSync("/usr/include/stdio.h"),
  "libopenblas0-pthread": () => spawnSync("ldconfig", ["-p"]).stdout?.includes("libopenblas.so.0"),
};

export function onPath(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** What a skipped test prints beside its reason. */
export const INSTALL_LINE = `apt-get install ${Object.keys(PACKAGES).join(" ")}`;

/** Installs what is missing as root on Debian; elsewhere says what would. Never throws. */
export function installTestPackages(): void {
  const missing = Object.keys(PACKAGES).filter((name) => !PACKAGES[name]?.());
  if (missing.length === 0) return;
  const isDebianRoot = existsSync("/etc/debian_version") && process.getuid?.() === 0;
  if (!isDebianRoot) {
    console.log(`tests that need ${missing.join(", ")} will skip: ${INSTALL_LINE}`);
    return;
  }
  console.log(`installing ${missing.join(", ")}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", ...missing]]) {
    const result = spawnSync("apt-get", args, { env: environment, encoding: "utf8" });
    if (result.status !== 0) console.log(`apt-get ${args[0]}: ${result.stderr.trim()}`);
  }
}
