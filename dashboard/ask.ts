// A hook for answers of the API: keeps the last one on screen while the next is on its way.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../schema/api.ts";
import { get, problemOf } from "./client.ts";
import { useLive } from "./live.ts";

export interface Asked<Answer> {
  readonly answer: Answer | null;
  readonly problem: Problem | null;
  readonly isWaiting: boolean;
  readonly again: () => void;
}

/** Asks for `path` (null: not yet), again when it or `tick` changes. */
export function useAnswer<Answer>(path: string | null, tick: unknown = null): Asked<Answer> {
  return useAsked(path, tick, (signal) => get<Answer>(path ?? "", signal));
}

/** The same for any way of asking; `key` says what is asked. Asks again when the server comes back. */
export function useAsked<Answer>(key: string | null, tick: unknown,
  ask: (signal: AbortSignal) => Promise<Answer>): Asked<Answer> {
  const { returns } = useLive();
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<Omit<Asked<Answer>, "again">>(
    { answer: null, problem: null, isWaiting: key !== null });
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    if (key === null) return undefined;
    const abort = new AbortController();
    setState((before) => ({ ...before, isWaiting: true }));
    latest.current(abort.signal).then(
      (answer) => {
        if (!abort.signal.aborted) setState({ answer, problem: null, isWaiting: false });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, problem: problemOf(error), isWaiting: false }));
      },
    );
    return () => abort.abort();
  }, [key, tick, turn, returns]);
  return { ...state, again: () => setTurn((before) => before + 1) };
}
