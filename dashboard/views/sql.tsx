// The SQL console: read-only, with the schema beside it, a history, and CSV.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem, SqlAnswer, SqlSchema } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { getText, post, problemOf } from "../client.ts";
import { saveText } from "../draw/export.ts";
import { counted, duration, shown } from "../number.ts";
import { changeQuery, type Place } from "../place.ts";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";

const HISTORY_MAX = 30;
/** The first stands in the editor of who has not asked anything yet. */
const EXAMPLES = [
  { title: "Where the attack succeeds", query: `select length_scale, ridge, avg(attack_success_rate) as success
from krr_result
where study = (select id from study order by id desc limit 1)
group by 1, 2 order by 3 desc limit 20` },
  { title: "How far studies are", query: `select * from study_progress limit 20` },
  { title: "What fails", query: `select failure_code, failure_message, count(*) as attempts, max(finished_at) as last
from attempt
where outcome = 'failed'
group by 1, 2 order by 3 desc limit 20` },
  { title: "What workers did", query: `select worker, outcome, count(*) as attempts, round(avg(measure_ms)) as mean_ms
from attempt
group by 1, 2 order by 1, 2` },
] as const;

function readHistory(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem("sql-history") ?? "[]");
    return Array.isArray(stored) ? stored.filter((one) => typeof one === "string") : [];
  } catch {
    return []; // whatever wrote there, it was not this page
  }
}

function remember(query: string): string[] {
  const history = [query, ...readHistory().filter((one) => one !== query)].slice(0, HISTORY_MAX);
  localStorage.setItem("sql-history", JSON.stringify(history));
  return history;
}

export function SqlView({ query: place }: { query: Place["query"] }) {
  const [text, setText] = useState(place["q"] ?? readHistory()[0] ?? EXAMPLES[0].query);
  const [history, setHistory] = useState(readHistory);
  const [answer, setAnswer] = useState<SqlAnswer | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isRunning, setRunning] = useState(false);
  const editor = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (place["q"] !== undefined) setText(place["q"]);
  }, [place["q"]]);
  const run = async (): Promise<void> => {
    setRunning(true);
    setProblem(null);
    try {
      setAnswer(await post<SqlAnswer>("/api/sql", { query: text }));
      setHistory(remember(text));
      changeQuery({ q: text });
    } catch (error) {
      const found = problemOf(error);
      setProblem(found);
      if (found.position !== undefined) editor.current?.setSelectionRange(found.position - 1, found.position);
      editor.current?.focus();
    }
    setRunning(false);
  };
  const csv = (): void => saveCsv(text, (error) => setProblem(problemOf(error)));
  return (
    <div class="sql-view">
      <section aria-labelledby="sql-title">
        <h1 id="sql-title">SQL</h1>
        <form onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}>
          <label for="query" class="hidden">Query</label>
          <textarea id="query" ref={editor} rows={8} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void run();
            }} />
          <div class="row">
            <button type="submit" class="primary" disabled={isRunning}>{isRunning ? "Running…" : "Run"}</button>
            <span class="hint">Ctrl + Enter; one statement that only reads, at most 10 s and 1,000 rows</span>
            <History queries={history} onChoose={setText} />
          </div>
        </form>
        {problem !== null && <SqlProblem problem={problem} text={text} />}
        {answer !== null && <Result answer={answer} onCsv={csv} />}
        {answer === null && problem === null && <Examples onChoose={(query) => {
          setText(query);
          editor.current?.focus();
        }} />}
      </section>
      <SchemaPanel onInsert={(name) => setText(`select * from ${name} limit 20`)} />
    </div>
  );
}

function History({ queries, onChoose }: { queries: readonly string[]; onChoose: (query: string) => void }) {
  if (queries.length === 0) return null;
  return (
    <select aria-label="History" value="" onChange={(event) => onChoose(event.currentTarget.value)}>
      <option value="">History</option>
      {queries.map((one) => <option key={one} value={one}>{one.replaceAll(/\s+/g, " ").slice(0, 80)}</option>)}
    </select>
  );
}

function saveCsv(query: string, onError: (error: unknown) => void): void {
  getText("/api/sql?format=csv", { query, limit: 10_000 }).then((file) => saveText("query.csv", file, "text/csv"), onError);
}

function Examples({ onChoose }: { onChoose: (query: string) => void }) {
  return (
    <div class="examples">
      <h2>To begin with</h2>
      <ul>{EXAMPLES.map(({ title, query }) => <li key={title}><button type="button" onClick={() => onChoose(query)}>{title}</button></li>)}</ul>
      <p class="hint">Or open a table: each column has its meaning and unit, and “Query it” fills the editor.</p>
    </div>
  );
}

function SqlProblem({ problem, text }: { problem: Problem; text: string }) {
  const { position } = problem;
  const before = position === undefined ? "" : text.slice(0, position - 1);
  const line = before.split("\n").length;
  return (
    <>
      <ProblemNotice problem={problem} />
      {position !== undefined && <pre class="sql-place">{`line ${line}: ${text.split("\n")[line - 1] ?? ""}\n${" ".repeat(`line ${line}: `.length + (before.split("\n").at(-1)?.length ?? 0))}↑`}</pre>}
    </>
  );
}

function Result({ answer, onCsv }: { answer: SqlAnswer; onCsv: () => void }) {
  const { columns, rows, isTruncated, elapsedMs } = answer;
  return (
    <>
      <div class="row result-head"><span>{counted(rows.length)} {rows.length === 1 ? "row" : "rows"}{isTruncated ? " (cut: there are more)" : ""} in {elapsedMs < 1000 ? `${Math.round(elapsedMs)} ms` : duration(elapsedMs / 1000)}</span>
        <button type="button" onClick={onCsv}>CSV</button></div>
      {rows.length === 0 ? <Empty title="No row"><p>The query ran and found nothing.</p></Empty> : (
        <div class="scroll tall" tabIndex={0} role="region" aria-label="Result">
          <table class="rows">
            <thead><tr>{columns.map((name, column) => <th scope="col" key={column}>{name}</th>)}</tr></thead>
            <tbody>{rows.map((row, index) => (
              <tr key={index}>{row.map((cell, column) => <td key={column} class={typeof cell === "number" ? "" : "text"}>{typeof cell === "number" ? shown(cell, 8) : cell === null ? <i>null</i> : String(cell)}</td>)}</tr>
            ))}</tbody>
          </table>
        </div>
      )}
    </>
  );
}

function SchemaPanel({ onInsert }: { onInsert: (name: string) => void }) {
  const { answer, problem } = useAnswer<SqlSchema>("/api/schema");
  return (
    <aside class="panel schema" aria-label="Tables and views">
      <h2>Tables</h2>
      {problem !== null && <ProblemNotice problem={problem} />}
      {answer === null && problem === null && <Waiting what="Reading the schema" />}
      {answer?.tables.map((table) => (
        <details key={table.name}>
          <summary>{table.name} <span class="hint">{table.kind}</span></summary>
          {table.comment !== "" && <p class="hint">{table.comment}</p>}
          <dl>{table.columns.map((column) => (
            <div key={column.name}><dt><code>{column.name}</code> <span class="hint">{column.type}</span></dt>{column.comment !== "" && <dd>{column.comment}</dd>}</div>
          ))}</dl>
          <button type="button" class="quiet" onClick={() => onInsert(table.name)}>Query it</button>
        </details>
      ))}
    </aside>
  );
}
