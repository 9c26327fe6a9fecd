// What stands in deploy/ is YAML, and its command lines are ones that this program takes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { ROOT } from "../support/source-tree.ts";
import { fakeShell } from "../support/fake-context.ts";

const DEPLOY = join(ROOT, "deploy");
const files = readdirSync(DEPLOY, { recursive: true, encoding: "utf8" });
const read = (name: string): string => readFileSync(join(DEPLOY, name), "utf8");

function documents(name: string): unknown[] {
  return parseAllDocuments(read(name), { merge: true }).map((document) => {
    assert.ok("errors" in document && document.errors.length === 0, `${name}: ${String(document)}`);
    return document.toJS();
  });
}

/** The arguments of every container, service or script that starts nearclone. */
function commandLines(): string[][] {
  const lines: string[][] = [];
  const Service = z.looseObject({ command: z.array(z.string()).optional(), image: z.string() });
  const Compose = z.looseObject({ services: z.record(z.string(), Service) });
  const Container = z.looseObject({ image: z.string(), args: z.array(z.string()) });
  const Workload = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({ containers: z.array(Container) }) }) }) });
  for (const { command, image } of Object.values(Compose.parse(documents("compose.yaml")[0]).services)) {
    if (image === "nearclone" && command !== undefined) lines.push(command);
  }
  for (const document of documents("kubernetes/nearclone.yaml")) {
    const workload = Workload.safeParse(document);
    if (workload.success) lines.push(...workload.data.spec.template.spec.containers.map(({ args }) => args));
  }
  const script = read("slurm/workers.sbatch").replaceAll("\\\n", " ");
  const [, words = ""] = /nearclone (worker .*)/.exec(script) ?? [];
  lines.push(words.replaceAll(/\$\{(SLURM_CPUS|MEMORY_GIB)[^}]*\}/g, "8").replaceAll(/\$\{[^}]*\}+/g, "x").replaceAll('"', "").trim().split(/\s+/));
  return lines;
}

test("every YAML file of deploy/ parses", () => {
  const yaml = files.filter((name) => name.endsWith(".yaml"));
  assert.ok(yaml.length >= 4);
  for (const name of yaml) assert.ok(documents(name).length > 0, name);
});

test("each command line in deploy/ is one that the program takes", async () => {
  const lines = commandLines();
  assert.deepEqual(lines.map(([command]) => command).sort((a = "", b = "") => a.localeCompare(b)),
    ["coordinator", "coordinator", "worker", "worker", "worker"]);
  const shell = await fakeShell();
  for (const line of lines) {
    // All that is missing is what the environment would say: the options were understood.
    const { code, stderr } = await shell.run(...line);
    assert.equal(code, 2);
    assert.match(stderr, /^(no NATS server given|database \.nearclone\/db: a cluster's)/, line.join(" "));
  }
  await shell.remove();
});

test("orchestrators wait longer than a worker's grace before they kill", () => {
  const Compose = z.looseObject({ services: z.looseObject({ worker: z.looseObject({ command: z.array(z.string()), stop_grace_period: z.string() }) }) });
  const { worker } = Compose.parse(documents("compose.yaml")[0]).services;
  assert.ok(Number.parseInt(worker.stop_grace_period, 10) > Number(worker.command[worker.command.indexOf("--grace") + 1]));
  const Pod = z.looseObject({
    terminationGracePeriodSeconds: z.number(),
    containers: z.array(z.looseObject({ args: z.array(z.string()) })),
  });
  const Workload = z.looseObject({ metadata: z.looseObject({ name: z.literal("worker") }), spec: z.looseObject({ template: z.looseObject({ spec: Pod }) }) });
  const [pod] = documents("kubernetes/nearclone.yaml").flatMap((document) => {
    const parsed = Workload.safeParse(document);
    return parsed.success ? [parsed.data.spec.template.spec] : [];
  });
  const args = pod?.containers[0]?.args ?? [];
  assert.ok((pod?.terminationGracePeriodSeconds ?? 0) > Number(args[args.indexOf("--grace") + 1]));
});

test("the scripts of deploy/ are sound to the shell", () => {
  const { status, stderr } = spawnSync("bash", ["-n", join(DEPLOY, "slurm/workers.sbatch")], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});
