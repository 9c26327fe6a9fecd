// The page: navigation, the state of the connection, and the view that the link names.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Session } from "../schema/api.ts";
import { useAnswer } from "./ask.ts";
import { post } from "./client.ts";
import { openLive, useLive } from "./live.ts";
import { Login } from "./login.tsx";
import { decoded, linkTo, usePlace } from "./place.ts";
import { ProblemNotice } from "./parts/notice.tsx";
import { applyTheme, storedTheme, type Theme } from "./parts/size.ts";
import { SqlView } from "./views/sql.tsx";
import { StudiesView } from "./views/studies.tsx";
import { StudyView } from "./views/study.tsx";
import { WorkersView } from "./views/workers.tsx";

const NAV = [
  { path: "studies", label: "Studies" },
  { path: "workers", label: "Workers" },
  { path: "sql", label: "SQL" },
] as const;

function App() {
  const session = useAnswer<Session>("/api/session");
  const { answer, problem, again } = session;
  if (problem !== null && answer === null) return <main class="alone"><ProblemNotice problem={problem} again={again} /></main>;
  if (answer === null) return null;
  if (!answer.isOpen) return <Login onOpen={again} />;
  return <Shell session={answer} />;
}

function Shell({ session: { needsToken, version, boot } }: { session: Session }) {
  const { path, query } = usePlace();
  useEffect(() => openLive(boot), []);
  const view = path[0] ?? "studies";
  useEffect(() => {
    const name = view === "study" ? (path[1] ?? "") : view;
    document.title = `${name} – nearclone`;
  }, [view, path[1]]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.querySelector("main")?.focus();
      }}>Skip to the content</a>
      <header class="top">
        <a class="brand" href="#/studies"><img src="/icon.svg" alt="" width="20" height="20" />nearclone</a>
        <nav aria-label="Main">
          {NAV.map((entry) => (
            <a key={entry.path} href={linkTo([entry.path])}
              aria-current={view === entry.path || (entry.path === "studies" && view === "study") ? "page" : undefined}>{entry.label}</a>
          ))}
        </nav>
        <span class="spacer" />
        <ThemePicker />
        {needsToken && <button type="button" class="quiet" onClick={leave}>Sign out</button>}
      </header>
      <Connection />
      <main id="main" tabIndex={-1}>
        {view === "studies" && <StudiesView />}
        {view === "study" && <StudyView key={path[1]} study={path[1] ?? ""} tab={path[2] ?? "map"} query={query} />}
        {view === "workers" && <WorkersView />}
        {view === "sql" && <SqlView query={query} />}
        {!["studies", "study", "workers", "sql"].includes(view) && (
          <ProblemNotice problem={{ type: "", title: "no such view", status: 404, detail: `the link names ${JSON.stringify(view)}`, hint: "choose a view above" }} />
        )}
      </main>
      <footer>nearclone {version} · <a href="/api/openapi.json">API</a></footer>
    </>
  );
}

function leave(): void {
  fetch("/api/session", { method: "DELETE", headers: { "content-type": "application/json" } })
    .then(() => location.reload()).catch(() => location.reload());
}

function Connection() {
  const { state, trouble } = useLive();
  if (state === "lost") {
    return <div class="banner" role="status">The server does not answer. What you see is what it said last; trying again…</div>;
  }
  if (trouble !== null) return <div class="banner" role="status">The numbers stand still: {trouble}. Trying again…</div>;
  if (state === "restarted") {
    return (
      <div class="banner info" role="status">The server was restarted; the page is connected again.{" "}
        <button type="button" onClick={() => location.reload()}>Reload the page</button></div>
    );
  }
  return null;
}

const THEMES: readonly Theme[] = ["auto", "light", "dark"];
const THEME_LABELS = { auto: "Auto", light: "Light", dark: "Dark" } as const;

function ThemePicker() {
  const [theme, setTheme] = useState(storedTheme);
  return (
    <select class="theme" aria-label="Theme" value={theme} onChange={(event) => {
      const chosen = THEMES.find((one) => one === event.currentTarget.value) ?? "auto";
      applyTheme(chosen);
      setTheme(chosen);
    }}>
      {THEMES.map((one) => <option key={one} value={one}>{THEME_LABELS[one]}</option>)}
    </select>
  );
}

/** The link that the server shows on a terminal carries the token as a fragment: trade it in and forget it. */
async function tradeToken(): Promise<void> {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token === undefined) return;
  history.replaceState(null, "", "#/");
  await post("/api/session", { token: decoded(token) }).catch(() => {});
}

applyTheme(storedTheme());
await tradeToken();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
