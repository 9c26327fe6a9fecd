// One study: its head with progress and controls, and its tabs.
import { useEffect, useRef } from "preact/hooks";
import type { Progress, StudyDetail } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { useControl } from "../control.ts";
import { useLive } from "../live.ts";
import { gridText } from "../number.ts";
import { linkTo, type Place } from "../place.ts";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";
import { ProgressBar, StateBadge } from "../parts/progress-bar.tsx";
import { CompareView } from "./compare.tsx";
import { FrontView } from "./front.tsx";
import { JobsView } from "./jobs.tsx";
import { MapView } from "./map.tsx";
import { OnsetView } from "./onset.tsx";
import { ParallelView } from "./parallel.tsx";
import { PointsView } from "./points.tsx";

const TABS = [
  { path: "map", label: "Map" },
  { path: "compare", label: "Compare" },
  { path: "front", label: "Pareto" },
  { path: "parallel", label: "Parallel" },
  { path: "onset", label: "Onset & lag" },
  { path: "points", label: "Points" },
  { path: "jobs", label: "Jobs" },
] as const;

interface StudyViewProps {
  readonly study: string;
  readonly tab: string;
  readonly query: Place["query"];
}

export function StudyView({ study, tab, query }: StudyViewProps) {
  const live = useLive();
  const { answer: detail, problem, again } = useAnswer<StudyDetail>(`/api/studies/${encodeURIComponent(study)}`);
  const key = detail?.study.key ?? study;
  const progress = live.studies.get(key) ?? detail?.study.progress ?? null;
  if (live.gone.has(key)) {
    return (
      <Empty title="This study was deleted while you watched">
        <p>Its rows are gone from the database. <a href="#/studies">See the studies that are there</a>.</p>
      </Empty>
    );
  }
  if (problem !== null && detail === null) {
    return (
      <>
        <h1>{study}</h1>
        <ProblemNotice problem={problem} again={again} />
        <p><a href="#/studies">See the studies that are there</a></p>
      </>
    );
  }
  return (
    <>
      <StudyHead detail={detail} progress={progress} onChange={again} />
      <Tabs study={study} tab={tab} />
      <Tab study={study} tab={tab} query={query} detail={detail} progress={progress} />
    </>
  );
}

function Tabs({ study, tab }: Pick<StudyViewProps, "study" | "tab">) {
  const current = useRef<HTMLAnchorElement>(null);
  // On a narrow screen they scroll: the chosen one must not be out of sight.
  useEffect(() => current.current?.scrollIntoView({ block: "nearest", inline: "nearest" }), [tab]);
  return (
    <nav class="tabs" aria-label="Views of the study">
      {TABS.map(({ path, label }) => (
        <a key={path} ref={tab === path ? current : null} href={linkTo(["study", study, path])}
          aria-current={tab === path ? "page" : undefined}>{label}</a>
      ))}
    </nav>
  );
}

interface TabProps extends StudyViewProps {
  readonly detail: StudyDetail | null;
  readonly progress: Progress | null;
}

function Tab({ study, tab, query, detail, progress }: TabProps) {
  const stored = progress?.stored ?? 0;
  // The map alone can start before the study is known: its first picture needs the link only.
  if (tab === "map") return <MapView study={study} detail={detail} query={query} stored={stored} />;
  if (detail === null || progress === null) return <Waiting what="Reading the study" />;
  if (tab === "compare") return <CompareView detail={detail} query={query} stored={stored} />;
  if (tab === "front") return <FrontView detail={detail} query={query} stored={stored} />;
  if (tab === "parallel") return <ParallelView detail={detail} query={query} stored={stored} />;
  if (tab === "onset") return <OnsetView detail={detail} query={query} stored={stored} />;
  if (tab === "points") return <PointsView detail={detail} query={query} />;
  if (tab === "jobs") return <JobsView detail={detail} query={query} progress={progress} />;
  return <ProblemNotice problem={{ type: "", title: "no such view", status: 404, detail: `the link names ${JSON.stringify(tab)}`, hint: "choose a view above" }} />;
}

function StudyHead({ detail, progress, onChange }: { detail: StudyDetail | null; progress: Progress | null; onChange: () => void }) {
  if (detail === null || progress === null) return <div class="study-head"><h1>&nbsp;</h1></div>;
  return (
    <div class="study-head">
      <div class="row">
        <h1>{detail.study.name}</h1>
        <StateBadge progress={progress} />
        <span class="hint">{detail.study.experiment} · {gridText(detail.study)}</span>
        <Controls study={detail.study.key} progress={progress} onChange={onChange} />
      </div>
      <ProgressBar progress={progress} label={`progress of ${detail.study.name}`} />
    </div>
  );
}

function Controls({ study, progress, onChange }: { study: string; progress: Progress; onChange: () => void }) {
  const { control, problem } = useControl(study, onChange);
  const { desired, isFinished, jobs } = progress;
  return (
    <div class="controls">
      {!isFinished && desired === "active" && <button type="button" onClick={() => control({ action: "pause" })}>Pause</button>}
      {!isFinished && desired !== "active" && <button type="button" onClick={() => control({ action: "resume" })}>Resume</button>}
      {jobs.dead > 0 && <button type="button" onClick={() => control({ action: "retry" })}>Retry dead jobs</button>}
      {!isFinished && desired !== "cancelled" && (
        <button type="button" class="quiet" onClick={() => {
          if (confirm("Cancel the study? What is stored stays, and it can be resumed.")) control({ action: "cancel" });
        }}>Cancel</button>
      )}
      {problem !== null && <ProblemNotice problem={problem} />}
    </div>
  );
}
