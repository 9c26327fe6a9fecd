// `npm run bench -- [name …] [--out FILE]`: measurements anyone can repeat, as JSON.
//
// Run it on a machine that does nothing else. Without names it runs all of them.
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";

/** Each benchmark by name; loaded only when asked for. */
const BENCHES: Readonly<Record<string, () => Promise<object>>> = {
  cluster: async () => (await import("./cluster.ts")).benchCluster(),
  curvature: async () => (await import("./curvature.ts")).benchCurvature(),
  dashboard: async () => (await import("./dashboard.ts")).benchDashboard(),
  isolation: async () => (await import("./isolation.ts")).benchIsolation(),
  linalg: async () => (await import("./linalg.ts")).benchLinalg(),
  mixed: async () => (await import("./mixed.ts")).benchMixed(),
  nats: async () => (await import("./nats.ts")).benchNats(),
  network: async () => (await import("./network.ts")).benchNetwork(),
  penalty: async () => (await import("./penalty.ts")).benchPenalty(),
  screening: async () => (await import("./screening.ts")).benchScreening(),
  store: async () => (await import("./store.ts")).benchStore(),
  sweep: async () =>
    (await import("./sweep.ts")).benchSweep({
      dataCache: process.env["NEARCLONE_DATA"] ?? "",
      longPoints: 10_000_000,
    }),
};

const { values, positionals } = parseArgs({
  options: { out: { type: "string" } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const results: Record<string, unknown> = {
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, gigabytes: Math.round(totalmem() / 2 ** 30) },
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
};
for (const name of names) {
  const bench = BENCHES[name];
  if (bench === undefined) {
    console.error(`no benchmark "${name}": expected one of ${Object.keys(BENCHES).join(", ")}`);
    process.exit(2);
  }
  console.error(`measuring ${name}`);
  results[name] = await bench();
}
const text = `${JSON.stringify(results, null, 2)}\n`;
if (values.out === undefined) process.stdout.write(text);
else await writeFile(values.out, text);
