// What a view shows in place of figures: an error, nothing yet, or that it waits.
import type { ComponentChildren } from "preact";
import type { Problem } from "../../schema/api.ts";

/** An error with what to do about it; `again` offers another try. */
export function ProblemNotice({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <strong>{problem.title}</strong>
      <p>{problem.detail}</p>
      {problem.hint !== undefined && <p class="hint">{problem.hint}</p>}
      {again !== undefined && <button type="button" onClick={again}>Try again</button>}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** Shown only after a moment, so that fast answers do not flash. */
export function Waiting({ what }: { what: string }) {
  return <div class="waiting" role="status">{what}…</div>;
}
