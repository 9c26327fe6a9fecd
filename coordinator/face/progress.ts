// Progress of a long run: a line that is redrawn on a terminal, plain lines now and then elsewhere.
//
// Time comes from a clock, so that a test needs no waiting.
import type { Clock } from "../../queue/clock.ts";
import { countText, durationText, percentText, shortNumber } from "./number.ts";

/** Redraws on a terminal are at least this far apart. */
const REDRAW_MS = 100;
/** Plain lines are at least this far apart. */
const PLAIN_EVERY_MS = 5_000;
/** The rate is that of the last so many milliseconds: long enough to span a few jobs. */
const RATE_WINDOW_MS = 20_000;
const BAR_COLUMNS = 28;

export interface ProgressOptions {
  readonly total: number;
  /** Done before this run began. */
  readonly alreadyDone: number;
  /** What is counted: "points", "bytes". */
  readonly unit: string;
  /** Counts as text; default: digits with separators. */
  readonly format?: (count: number) => string;
  readonly clock: Clock;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly write: (text: string) => void;
}

export interface Progress {
  /** `done` is the whole count so far, including what was done before. */
  advance(done: number): void;
  /** Says what is under way, behind the count. */
  describe(text: string): void;
  /** Puts a line above the progress line. */
  say(line: string): void;
  /** Draws the last state and ends the line. */
  finish(): void;
}

export function startProgress(options: ProgressOptions): Progress {
  const { clock, isTerminal, write } = options;
  const startMs = clock.now();
  const rate = rateMeter(startMs, options.alreadyDone);
  let done = options.alreadyDone;
  let lastMs = startMs;
  let isDrawn = false;
  let detail = "";
  const line = (): string => {
    const perSecond = rate(clock.now(), done);
    return progressLine({ ...options, done, perSecond, detail });
  };
  const draw = (): void => {
    lastMs = clock.now();
    isDrawn = true;
    write(isTerminal ? `\r\u001b[2K${line()}` : `${line()}\n`);
  };
  if (isTerminal) draw();
  const drawIfDue = (): void => {
    const everyMs = isTerminal ? REDRAW_MS : PLAIN_EVERY_MS;
    if (clock.now() - lastMs >= everyMs) draw();
  };
  return {
    advance(count) {
      done = count;
      drawIfDue();
    },
    describe(text) {
      if (text === detail) return;
      detail = text;
      drawIfDue();
    },
    say(text) {
      write(isTerminal && isDrawn ? `\r\u001b[2K${text}\n` : `${text}\n`);
      if (isTerminal && isDrawn) draw();
    },
    finish() {
      if (isTerminal) write("\r\u001b[2K");
    },
  };
}

interface LineState {
  readonly done: number;
  readonly total: number;
  readonly perSecond: number;
  readonly unit: string;
  readonly format?: (count: number) => string;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly detail?: string;
}

/** `━━━━━╸─────  48%  4,812 of 10,000 points  1,204 points/s  4 s left` */
export function progressLine(state: LineState): string {
  const { done, total, perSecond, unit } = state;
  const format = state.format ?? countText;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const parts = [
    percentText(share).padStart(4),
    `${format(done)} of ${format(total)}${state.format === undefined ? ` ${unit}` : ""}`,
  ];
  if (perSecond > 0) {
    const speed = state.format === undefined ? `${shortNumber(perSecond)} ${unit}` : format(perSecond);
    parts.push(`${speed}/s`);
    if (done < total) parts.push(`${timeLeft(((total - done) / perSecond) * 1000)} left`);
  }
  if (state.detail !== undefined && state.detail !== "") parts.push(state.detail);
  const text = parts.join("  ");
  if (!state.isTerminal) return text.trimStart();
  const room = state.columns - text.length - 3;
  return room < 8 ? text.slice(0, state.columns - 1) : `${bar(share, Math.min(room, BAR_COLUMNS))}  ${text}`;
}

/** Whole seconds, and never none of them while there is work left. */
function timeLeft(leftMs: number): string {
  return leftMs < 9_500 ? `${Math.max(1, Math.ceil(leftMs / 1000))} s` : durationText(leftMs);
}

/** Half-cell steps: a heavy line for what is done on a light one for what is not. */
function bar(share: number, columns: number): string {
  const halves = Math.floor(share * columns * 2);
  const full = Math.floor(halves / 2);
  const half = halves % 2 === 1 ? "╸" : "";
  return "━".repeat(full) + half + "─".repeat(columns - full - half.length);
}

/** Units per second over the last window; 0 until there is something to tell. */
function rateMeter(startMs: number, startDone: number): (nowMs: number, done: number) => number {
  let samples = [{ atMs: startMs, done: startDone }];
  return (nowMs, done) => {
    samples.push({ atMs: nowMs, done });
    // The newest sample older than the window stays: the rate spans the whole window.
    const old = samples.findLastIndex(({ atMs }) => nowMs - atMs >= RATE_WINDOW_MS);
    if (old > 0) samples = samples.slice(old);
    const [first] = samples;
    if (first === undefined || nowMs <= first.atMs) return 0;
    return ((done - first.done) / (nowMs - first.atMs)) * 1000;
  };
}
