// A study's progress: bar, share, speed and time left.
import type { Progress } from "../../schema/api.ts";
import { counted, duration, short } from "../number.ts";

export function stateOf({ desired, isFinished, jobs }: Progress): { name: string; label: string } {
  if (isFinished) return { name: "finished", label: "finished" };
  if (desired === "paused") return { name: "paused", label: "paused" };
  if (desired === "cancelled") return { name: "cancelled", label: "cancelled" };
  if (jobs.dead > 0 && jobs.planned + jobs.queued === 0) return { name: "dead", label: "stuck on dead jobs" };
  return jobs.queued > 0 ? { name: "running", label: "running" } : { name: "waiting", label: "waiting for workers" };
}

export function StateBadge({ progress }: { progress: Progress }) {
  const { name, label } = stateOf(progress);
  return <span class={`badge ${name}`}>{label}</span>;
}

export function ProgressBar({ progress, label }: { progress: Progress; label: string }) {
  const { points, stored, jobs, pointsPerSecond, etaSeconds } = progress;
  const share = points === 0 ? 0 : stored / points;
  const deadShare = jobs.dead / Math.max(1, jobs.planned + jobs.queued + jobs.done + jobs.dead);
  const percent = share === 1 ? "100" : (Math.floor(share * 1000) / 10).toFixed(1);
  return (
    <div class="progress">
      <div class="track" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Number(percent)}>
        <div class="fill" style={{ width: `${share * 100}%` }} />
        {deadShare > 0 && <div class="dead" style={{ width: `${Math.max(0.5, deadShare * 100)}%` }} />}
      </div>
      <div class="progress-text">
        <b>{percent} %</b> <span>{counted(stored)} of {counted(points)} points</span>
        {pointsPerSecond !== null && <span>{short(pointsPerSecond)} points/s</span>}
        {etaSeconds !== null && <span>{duration(Math.ceil(etaSeconds))} left</span>}
        {jobs.dead > 0 && <span class="bad-text">{counted(jobs.dead)} dead {jobs.dead === 1 ? "job" : "jobs"}</span>}
        {progress.conflicts > 0 && <span class="bad-text">{counted(progress.conflicts)} rows arrived again with other bits</span>}
      </div>
    </div>
  );
}
