// A heatmap's frame, kept fresh while its study runs: whole when the view changes, then deltas.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../schema/api.ts";
import type { HeatmapFrame } from "../schema/heatmap-frame.ts";
import { getFrame, problemOf } from "./client.ts";
import { useLive } from "./live.ts";

/** A running study's map is refreshed at most this often. */
const REFRESH_MS = 1_000;

export interface Framed {
  readonly frame: HeatmapFrame | null;
  readonly problem: Problem | null;
  readonly isWaiting: boolean;
}

/** `path` (null: nothing) gives the frame; `stored` changes when the study has new points. */
export function useFrame(path: string | null, stored: number): Framed {
  const { returns } = useLive();
  const [state, setState] = useState<Framed>({ frame: null, problem: null, isWaiting: true });
  const held = useRef<{ path: string | null; frame: HeatmapFrame | null }>({ path: null, frame: null });
  useEffect(() => {
    held.current = { path, frame: null };
    if (path === null) {
      setState({ frame: null, problem: null, isWaiting: false });
      return undefined;
    }
    const abort = new AbortController();
    setState((before) => ({ ...before, isWaiting: true }));
    getFrame(path, abort.signal).then(
      (frame) => {
        if (abort.signal.aborted) return;
        held.current.frame = frame;
        performance.mark("nearclone-frame");
        setState({ frame, problem: null, isWaiting: false });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState((before) => ({ ...before, problem: problemOf(error), isWaiting: false }));
      },
    );
    return () => abort.abort();
  }, [path, returns]);
  useRefresh(path, stored, held, setState);
  return state;
}

type Held = { current: { path: string | null; frame: HeatmapFrame | null } };

/** Asks for deltas as long as points arrive; a delta that stopped at its limit is followed at once. */
function useRefresh(path: string | null, stored: number, held: Held, setState: (framed: Framed) => void): void {
  const dueAt = useRef(0);
  useEffect(() => {
    if (path === null) return undefined;
    const abort = new AbortController();
    const refresh = async (): Promise<void> => {
      const { frame } = held.current;
      if (frame === null || held.current.path !== path) return;
      dueAt.current = performance.now() + REFRESH_MS;
      const delta = await getFrame(`${path}&since=${encodeURIComponent(frame.header.version)}`, abort.signal);
      if (abort.signal.aborted || held.current.frame !== frame) return;
      const next = merged(frame, delta);
      if (next === frame) return;
      held.current.frame = next;
      setState({ frame: next, problem: null, isWaiting: false });
      if (delta.header.more) await refresh();
    };
    const timer = setTimeout(() => {
      refresh().catch(() => {});
    }, Math.max(0, dueAt.current - performance.now()));
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, stored]);
}

/** A frame with a delta laid over it; the delta itself where it is a whole frame. */
export function merged(frame: HeatmapFrame, delta: HeatmapFrame): HeatmapFrame {
  if (delta.cells === null) return delta;
  if (delta.cells.length === 0 && delta.header.version === frame.header.version) return frame;
  const values = frame.values.slice();
  const marks = frame.marks.slice();
  delta.cells.forEach((cell, index) => {
    values[cell] = delta.values[index] ?? Number.NaN;
    marks[cell] = delta.marks[index] ?? 0;
  });
  const ranges = [frame.header.range, delta.header.range].filter((range) => range !== null);
  const range: [number, number] | null = ranges.length === 0 ? null
    : [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))];
  const header = { ...delta.header, cells: null, range };
  return { header, cells: null, values, marks };
}
