// Where the page is: everything a view shows stands in the fragment, so that a link restores it.
import { useEffect, useState } from "preact/hooks";

export interface Place {
  /** `["study", "st_…", "map"]` */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** As it stands where it is no encoding: a link that somebody typed must not end the page. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function parsePlace(fragment: string): Place {
  const [path = "", search = ""] = fragment.replace(/^#\/?/, "").split("?");
  return {
    path: path.split("/").filter((part) => part !== "").map(decoded),
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function linkTo(path: readonly string[], query: Place["query"] = {}): string {
  const search = new URLSearchParams(query).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
}

/** Changes parts of the query; undefined removes one. Replaces the history entry unless told. */
export function changeQuery(changes: Readonly<Record<string, string | undefined>>, isStep = false): void {
  const { path, query } = parsePlace(location.hash);
  const next: Record<string, string> = { ...query };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete next[name];
    else next[name] = value;
  }
  const link = linkTo(path, next);
  if (link === location.hash) return;
  if (isStep) history.pushState(null, "", link);
  else history.replaceState(null, "", link);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => parsePlace(location.hash));
  useEffect(() => {
    const update = (): void => setPlace(parsePlace(location.hash));
    addEventListener("hashchange", update);
    addEventListener("popstate", update);
    return () => {
      removeEventListener("hashchange", update);
      removeEventListener("popstate", update);
    };
  }, []);
  return place;
}
