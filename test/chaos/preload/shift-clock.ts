// Preloaded into a program: its time of day is the machine's plus what the file $CHAOS_CLOCK says.
import { readFileSync } from "node:fs";

const LOOK_EVERY_MS = 20;
const file = process.env["CHAOS_CLOCK"] ?? "";
const trueNow = Date.now.bind(Date);
let shiftMs = 0;
let lookedAt = Number.NEGATIVE_INFINITY;

Date.now = () => {
  // The monotonic clock is not shifted.
  if (performance.now() - lookedAt > LOOK_EVERY_MS) {
    lookedAt = performance.now();
    try {
      shiftMs = Number(readFileSync(file, "utf8"));
    } catch {
      shiftMs = 0;
    }
  }
  return trueNow() + shiftMs;
};
