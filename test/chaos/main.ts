// `npm run chaos -- --rounds N --seed S [--only WORDS] [--out FILE]`: studies under faults, and
// whether they end as undisturbed ones. Prints a line for each round, then a summary as JSON.
//
// The faults take turns, those whose name holds WORDS; round i has the seed S + i, so one round
// comes again with `--rounds 1 --seed` and `--only` of its line. Exits 1 if any round failed.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ROUNDS } from "./faults/all.ts";
import { openStage, type RoundResult } from "./round.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: String(ROUNDS.length) },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    out: { type: "string" },
  },
});
const chosen = ROUNDS.filter(({ name }) => name.includes(values.only));
for (const { name, skip } of chosen) if (skip !== false) console.error(`not played: ${name}: ${skip}`);
const faults = chosen.filter(({ skip }) => skip === false);
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
if (faults.length === 0 || !Number.isSafeInteger(rounds) || !Number.isSafeInteger(seed)) {
  console.error(`expected --rounds N, --seed S and --only of: ${ROUNDS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

function lineOf({ fault, seed: own, seconds, repeated, lost, burnt, complaints }: RoundResult): string {
  const verdict = complaints.length === 0 ? "ok    " : "FAILED";
  const counts = `${repeated} repeated, ${lost} lost, ${burnt} burnt`;
  return `${verdict} seed ${own}  ${seconds.toFixed(1).padStart(5)} s  ${fault}: ${counts}`;
}

// Leaves nothing behind: what was started ends with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const results: RoundResult[] = [];
const stage = await openStage();
try {
  for (let i = 0; i < rounds; i++) {
    const fault = faults[i % faults.length];
    if (fault === undefined) break;
    const result = await fault.play(stage, seed + i);
    results.push(result);
    console.error(lineOf(result));
    for (const complaint of result.complaints) console.error(`       ${complaint}`);
    for (const line of result.dump) console.error(`       ${line}`);
  }
} finally {
  stage.close();
}

const failed = results.filter(({ complaints }) => complaints.length > 0);
const summary = {
  seed,
  rounds: results.length,
  passed: results.length - failed.length,
  failed: failed.map(({ fault, seed: own, complaints }) => ({ fault, seed: own, complaints })),
  faults: faults.map(({ name }) => {
    const own = results.filter(({ fault }) => fault === name);
    const seconds = own.map((one) => one.seconds);
    return {
      name,
      rounds: own.length,
      secondsMax: Math.round(Math.max(0, ...seconds) * 10) / 10,
      repeated: own.reduce((sum, one) => sum + one.repeated, 0),
      lost: own.reduce((sum, one) => sum + one.lost, 0),
      burnt: own.reduce((sum, one) => sum + one.burnt, 0),
    };
  }),
};
const text = `${JSON.stringify(summary, null, 2)}\n`;
if (values.out === undefined) process.stdout.write(text);
else writeFileSync(values.out, text);
process.exit(failed.length > 0 ? 1 : 0);
