// Asks for the server's token.
import { useState } from "preact/hooks";
import type { Problem } from "../schema/api.ts";
import { post, problemOf } from "./client.ts";
import { ProblemNotice } from "./parts/notice.tsx";

export function Login({ onOpen }: { onOpen: () => void }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    post("/api/session", { token }).then(onOpen, (error: unknown) => setProblem(problemOf(error)));
  };
  return (
    <main class="alone">
      <form class="card login" onSubmit={submit}>
        <h1>nearclone</h1>
        <p class="hint">This server asks for its token. It is what the server was given as <code>--token</code> or NEARCLONE_TOKEN.</p>
        <label for="token">Token</label>
        <input id="token" type="password" autocomplete="current-password" required value={token}
          onInput={(event) => setToken(event.currentTarget.value)} />
        <button type="submit" class="primary">Open</button>
        {problem !== null && <ProblemNotice problem={problem} />}
      </form>
    </main>
  );
}
