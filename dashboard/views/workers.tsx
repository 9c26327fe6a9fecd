// Workers: who is there, what they can do and what they are doing.
import { useEffect, useState } from "preact/hooks";
import type { Workers } from "../../schema/api.ts";
import type { TrainingProgress } from "../../schema/job.ts";
import { useAnswer } from "../ask.ts";
import { useLive } from "../live.ts";
import { ago, shown } from "../number.ts";
import { linkTo } from "../place.ts";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";

const LOOK_EVERY_MS = 5_000;

export function WorkersView() {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTurn((before) => before + 1), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const { answer, problem, again } = useAnswer<Workers>("/api/workers", turn);
  if (answer === null) return problem === null ? <Waiting what="Looking for workers" /> : <ProblemNotice problem={problem} again={again} />;
  if (answer.workers.length === 0) {
    return (
      <section aria-labelledby="workers-title">
        <h1 id="workers-title">Workers</h1>
        <Empty title="No worker has been seen"><p>Runs on one machine start their own. For a cluster, start one on each machine:</p><pre>nearclone worker --nats nats://…</pre></Empty>
      </section>
    );
  }
  const now = Date.parse(answer.now);
  return (
    <section aria-labelledby="workers-title">
      <h1 id="workers-title">Workers</h1>
      {problem !== null && <ProblemNotice problem={problem} />}
      <div class="scroll" tabIndex={0} role="region" aria-label="Rows of workers">
        <table class="rows left">
          <thead><tr><th scope="col">worker</th><th scope="col">state</th><th scope="col">host</th><th scope="col">provider</th><th scope="col">slots</th><th scope="col">runs</th><th scope="col">last heard of</th><th scope="col">version</th></tr></thead>
          <tbody>{answer.workers.map((worker) => (
            <tr key={worker.worker}>
              <td>{worker.worker}</td>
              <td><span class={`badge ${worker.isPresent ? "running" : "dead"}`}>{worker.isPresent ? "there" : "gone"}</span></td>
              <td>{worker.host}</td><td>{worker.provider}</td>
              <td>{worker.isPresent ? `${worker.running.length} of ${worker.slots} busy` : worker.slots}</td>
              <td>{worker.isPresent ? <Running jobs={worker.running} /> : ""}</td>
              <td>{ago(worker.lastSeen, now)}</td><td>{worker.version}</td>
            </tr>
          ))}</tbody>
        </table>
      </div>
      <p class="hint">A worker that says nothing for 16 seconds is taken for gone; its jobs run elsewhere.</p>
    </section>
  );
}

function Running({ jobs }: { jobs: Workers["workers"][number]["running"] }) {
  const { studies } = useLive();
  return <>{jobs.map(({ study, number, progress }, index) => (
    <span key={`${study}-${number}`}>{index > 0 && ", "}{studies.has(study) ? <a href={linkTo(["study", study, "jobs"], { job: String(number) })}>job {number}</a> : `job ${number}`}{progress !== null && ` (${trainingText(progress)})`}</span>
  ))}</>;
}

/** `epoch 12 of 90: accuracy 0.912, attack success 0.43` */
function trainingText({ epoch, epochs, cleanAccuracy, attackSuccessRate }: TrainingProgress): string {
  const accuracy = cleanAccuracy === null ? "" : `: accuracy ${shown(cleanAccuracy, 3)}`;
  const success = attackSuccessRate === null ? "" : `, attack success ${shown(attackSuccessRate, 3)}`;
  return `epoch ${epoch} of ${epochs}${accuracy}${success}`;
}
