// All studies, with their progress as it happens.
import type { StudyList, StudySummary } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { useLive } from "../live.ts";
import { linkTo } from "../place.ts";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";
import { ProgressBar, StateBadge } from "../parts/progress-bar.tsx";
import { gridText, timeOf } from "../number.ts";

export function StudiesView() {
  const live = useLive();
  const { answer, problem, again } = useAnswer<StudyList>("/api/studies", [...live.studies.keys()].join());
  if (problem !== null && answer === null) return <ProblemNotice problem={problem} again={again} />;
  if (answer === null) return <Waiting what="Looking for studies" />;
  const studies = answer.studies.filter(({ key }) => !live.gone.has(key));
  if (studies.length === 0) {
    return (
      <section aria-labelledby="studies-title">
      <h1 id="studies-title">Studies</h1>
        <Empty title="No study yet">
          <p>A study is one file: an experiment, what is fixed, and named axes. Run one, and it appears here by itself:</p>
          <pre>nearclone run studies/quickstart.yaml</pre>
          <p>An embedded database is one process' at a time: stop this one first, and give the run its own dashboard.</p>
          <pre>nearclone run studies/quickstart.yaml --dashboard</pre>
        </Empty>
      </section>
    );
  }
  return (
    <section aria-labelledby="studies-title">
      <h1 id="studies-title">Studies</h1>
      <ul class="studies">{studies.map((study) => <StudyCard key={study.key} study={study} />)}</ul>
    </section>
  );
}

function StudyCard({ study }: { study: StudySummary }) {
  const live = useLive();
  const progress = live.studies.get(study.key) ?? study.progress;
  return (
    <li class="card study">
      <div class="row">
        <h2><a href={linkTo(["study", study.key])}>{study.name}</a></h2>
        <StateBadge progress={progress} />
        <span class="hint">{study.experiment} · {timeOf(study.createdAt)}{study.priority === 0 ? "" : ` · priority ${study.priority}`}</span>
      </div>
      {study.description !== "" && <p>{study.description}</p>}
      <p class="hint grid-text">{gridText(study)}</p>
      <ProgressBar progress={progress} label={`progress of ${study.name}`} />
    </li>
  );
}
