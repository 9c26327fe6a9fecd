// A compute process that crashes when it is told to. A job's number says what the job does:
//
//   up to 31   it kills its process with the signal of that number
//   100–199    it hangs until its process dies, unless another has died already (CRASHED exists)
//   200        it prints two lines on standard error and $WORD on standard output
//   300        it answers with numbers that are hard to carry
//   400        its device fails, with the process's id as the message
//   401        its device has no memory left, likewise
//
// Each begins by adding its number to the file $RUNS. With TELL_PORT the process also holds a
// connection to that port for as long as it lives.
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { constants } from "node:os";
import { emptyBlock, type ResultBlock } from "../../schema/column.ts";
import type { Failure } from "../../schema/failure.ts";
import type { ComputePool, PoolOptions } from "../../worker/pool.ts";
import { serveParent } from "../../worker/serve-parent.ts";

const { RUNS = "", CRASHED = "", WORD = "", TELL_PORT } = process.env;
if (TELL_PORT !== undefined) connect(Number(TELL_PORT), "127.0.0.1");

/** −0, infinities, a NaN that carries bits, and columns that are views of a larger buffer. */
export function hardBlock(): ResultBlock {
  const numbers = new Float64Array([7, -0, Number.POSITIVE_INFINITY, Number.MIN_VALUE, 0, 1 / 3]);
  new BigUint64Array(numbers.buffer)[4] = 0x7ff8_0000_dead_beefn;
  return {
    status: Uint8Array.of(9, 0, 1, 2, 3, 9).subarray(1, 5),
    metrics: { value: numbers.subarray(1, 5), other: numbers.subarray(2, 6) },
    series: {
      noop_curve: { point: Int32Array.of(0, 0, 3), columns: { epoch: numbers.subarray(3, 6) } },
    },
  };
}

function deviceFailure(number: number): Failure {
  const message = String(process.pid);
  return number === 400 ? { kind: "infrastructure", code: "device_failed", message }
    : { kind: "resource", code: "out_of_memory", message };
}

async function blockOf(number: number): Promise<ResultBlock> {
  if (number <= 31) {
    const [signal = "SIGKILL"] =
      Object.entries(constants.signals).find(([, code]) => code === number) ?? [];
    if (CRASHED !== "") writeFileSync(CRASHED, signal);
    process.kill(process.pid, signal);
    return await new Promise(() => undefined);
  }
  if (number < 200 && !existsSync(CRASHED)) return await new Promise(() => undefined);
  if (number === 200) {
    console.error("one\ntwo");
    console.log(WORD);
  }
  return number === 300 ? hardBlock() : emptyBlock(1, ["value"]);
}

const open = async ({ threads }: PoolOptions): Promise<ComputePool> => ({
  threads,
  hello: { provider: "portable", detail: "frail", rejected: [] },
  measure: async (_, number) => {
    appendFileSync(RUNS, `${number}\n`);
    if (number === 400 || number === 401) return { ok: false, failure: deviceFailure(number) };
    const timings = { prepareMs: 0, measureMs: 0 };
    return { ok: true, value: { block: await blockOf(number), timings, provider: "portable" } };
  },
  close: async () => undefined,
});

if (process.send !== undefined) serveParent(open);
