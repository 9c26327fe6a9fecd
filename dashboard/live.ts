// Progress as it happens: one event stream for the whole page, shared by all that show it.
import { useEffect, useState } from "preact/hooks";
import type { Progress } from "../schema/api.ts";

export interface Live {
  readonly studies: ReadonlyMap<string, Progress>;
  /** connecting: the first try; open; lost: trying again; restarted: back, but another server. */
  readonly state: "connecting" | "open" | "lost" | "restarted";
  readonly gone: ReadonlySet<string>;
  readonly trouble: string | null;
  /** How often the server came back: what failed meanwhile is asked again. */
  readonly returns: number;
}

let live: Live = { studies: new Map(), state: "connecting", gone: new Set(), trouble: null, returns: 0 };
let boot: string | null = null;
let source: EventSource | null = null;
const listeners = new Set<(live: Live) => void>();

function tell(changes: Partial<Live>): void {
  live = { ...live, ...changes };
  for (const listener of listeners) listener(live);
}

interface Snapshot {
  readonly boot: string;
  readonly studies: readonly Progress[];
}
interface Delta {
  readonly key: string;
  readonly changes: Partial<Progress>;
}

function onSnapshot({ boot: serverBoot, studies }: Snapshot): void {
  const isRestart = boot !== null && boot !== serverBoot;
  boot = serverBoot;
  const next = new Map<string, Progress>(studies.map((progress) => [progress.key, progress]));
  tell({ studies: next, state: isRestart ? "restarted" : "open", trouble: null });
}

function onProgress({ key, changes }: Delta): void {
  const before = live.studies.get(key);
  const studies = new Map(live.studies);
  if (before !== undefined) studies.set(key, { ...before, ...changes });
  else if (isWhole(changes)) studies.set(key, changes);
  const gone = new Set(live.gone);
  gone.delete(key);
  tell({ studies, gone, trouble: null });
}

function isWhole(changes: Partial<Progress>): changes is Progress {
  return changes.key !== undefined && changes.points !== undefined && changes.jobs !== undefined;
}

function onGone({ key }: { readonly key: string }): void {
  const studies = new Map(live.studies);
  studies.delete(key);
  tell({ studies, gone: new Set([...live.gone, key]) });
}

function onTrouble({ detail }: { readonly detail: string }): void {
  tell({ trouble: detail });
}

/**
 * Opens the stream; the browser itself comes back with the last event's id when it breaks.
 * @param sessionBoot the server that the page began with: another one that answers was restarted.
 */
export function openLive(sessionBoot: string): void {
  boot ??= sessionBoot;
  source?.close();
  const stream = new EventSource("/api/events");
  source = stream;
  stream.addEventListener("snapshot", (event) => onSnapshot(JSON.parse(event.data)));
  stream.addEventListener("progress", (event) => onProgress(JSON.parse(event.data)));
  stream.addEventListener("gone", (event) => onGone(JSON.parse(event.data)));
  stream.addEventListener("trouble", (event) => onTrouble(JSON.parse(event.data)));
  stream.addEventListener("open", () => {
    if (live.state === "lost") tell({ state: "open", returns: live.returns + 1 });
  });
  stream.addEventListener("error", () => {
    tell({ state: "lost" });
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => openLive(sessionBoot), 2_000);
  });
}

export function useLive(): Live {
  const [now, setNow] = useState(live);
  useEffect(() => {
    listeners.add(setNow);
    setNow(live);
    return () => {
      listeners.delete(setNow);
    };
  }, []);
  return now;
}
