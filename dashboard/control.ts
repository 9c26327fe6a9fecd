// Commands to a study from the page.
import { useState } from "preact/hooks";
import type { Control, Controlled, Problem } from "../schema/api.ts";
import { post, problemOf } from "./client.ts";

/** Sends a control command; gives what went wrong, if anything did. */
export function useControl(study: string, onChange: () => void) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const control = (command: Control): void => {
    setProblem(null);
    post<Controlled>(`/api/studies/${encodeURIComponent(study)}/control`, command)
      .then(onChange, (error: unknown) => setProblem(problemOf(error)));
  };
  return { control, problem };
}
