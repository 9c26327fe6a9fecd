// Rows: filtered, sorted by any column, a page at a time.
import type { Points, StudyDetail } from "../../schema/api.ts";
import { STATUSES } from "../../schema/column.ts";
import { useAnswer } from "../ask.ts";
import { pathOf } from "../client.ts";
import { shown, words } from "../number.ts";
import { changeQuery, type Place } from "../place.ts";
import { optionsOf, Select } from "../parts/fields.tsx";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";

export function PointsView({ detail, query }: { detail: StudyDetail; query: Place["query"] }) {
  const sort = query["sort"] ?? "point";
  const order = query["order"] ?? "asc";
  const { answer, problem, again } = useAnswer<Points>(pathOf(`/studies/${encodeURIComponent(detail.study.key)}/points`, {
    sort, order, where: query["where"], status: query["status"], after: query["after"], limit: 100,
  }));
  const setSort = (name: string): void =>
    changeQuery({ sort: name, order: name === sort && order === "asc" ? "desc" : "asc", after: undefined }, true);
  return (
    <div>
      <div class="row fields-row">
        <Select label="Status" value={query["status"] ?? ""} options={[{ value: "", label: "all" }, ...optionsOf(STATUSES)]}
          onChange={(status) => changeQuery({ status: status || undefined, after: undefined }, true)} />
        <div class="field grow">
          <label for="where">Filter, e.g. <code>attack_success_rate:ge:0.5,poison_count:le:10</code></label>
          <input id="where" type="text" value={query["where"] ?? ""} spellcheck={false}
            onChange={(event) => changeQuery({ where: event.currentTarget.value.trim() || undefined, after: undefined }, true)} />
        </div>
      </div>
      {problem !== null && <ProblemNotice problem={problem} again={again} />}
      {answer === null && problem === null && <Waiting what="Reading rows" />}
      {answer !== null && answer.rows.length === 0 && <Empty title="No row"><p>None is stored yet, or none passes the filter.</p></Empty>}
      {answer !== null && answer.rows.length > 0 && <PointsTable points={answer} sort={sort} order={order} onSort={setSort} />}
      {answer !== null && answer.next !== null && (
        <p><button type="button" onClick={() => changeQuery({ after: answer.next ?? undefined }, true)}>Next 100 rows</button></p>
      )}
    </div>
  );
}

function PointsTable({ points, sort, order, onSort }: { points: Points; sort: string; order: string; onSort: (name: string) => void }) {
  return (
    <div class="scroll tall" tabIndex={0} role="region" aria-label="Rows">
      <table class="rows">
        <thead><tr>{points.columns.map((name) => (
          <th scope="col" key={name} aria-sort={name !== sort ? undefined : order === "asc" ? "ascending" : "descending"}>
            {name === "status" ? name : <button type="button" class="plain" onClick={() => onSort(name)}>{words(name)}{name === sort ? (order === "asc" ? " ↑" : " ↓") : ""}</button>}
          </th>
        ))}</tr></thead>
        <tbody>{points.rows.map((row) => (
          <tr key={String(row[0])}>{row.map((cell, column) => <td key={column}>{typeof cell === "number" ? shown(cell, 6) : words(cell)}</td>)}</tr>
        ))}</tbody>
      </table>
    </div>
  );
}
