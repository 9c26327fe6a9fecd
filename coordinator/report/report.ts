// Gathers what a report shows: each study's facts, figures with their queries, and verdicts.
//
// Everything goes through the read-only SQL that a user has, and the query stands beside what it
// gave. A query that fails or gives nothing leaves a note in its figure's place, never a report
// that is not written.
import { UserError } from "../../schema/failure.ts";
import { slicePicture } from "../slice.ts";
import type { QueryResult, Store, StoredStudy } from "../store/port.ts";
import { type Panel, sharedDomains } from "./chart/panel.ts";
import { phaseSvg } from "./chart/phase-svg.ts";
import { panelSvg, swatchSvg } from "./chart/svg.ts";
import { FIGURES, LAWS } from "./contents.ts";
import { type Figure, spread } from "./figure.ts";
import { type Finding, findingOf, findingQuery, type Law } from "./law.ts";
import { isKrr, isNearStudy, type Row, type Subject } from "./subject.ts";

/** A person waits; one slow figure must not cost the others. */
const QUERY_MS_MAX = 300_000;
const ROWS_MAX = 100_000;
/** Panels of a figure that a page has room for; the numbers below it are of all. */
const PANELS_MAX = 12;

export interface DrawnFigure {
  readonly id: string;
  readonly title: string;
  readonly reading: string;
  /** What was chosen of the axes that are not drawn; "" for nothing. */
  readonly words: string;
  readonly sql: string;
  /** What the query gave. */
  readonly result: Pick<QueryResult, "columns" | "rows">;
  readonly svgs: readonly string[];
  readonly legend: readonly { readonly label: string; readonly swatch: string }[];
  /** Why nothing is drawn; "" where something is. */
  readonly problem: string;
}

export interface JudgedLaw {
  readonly law: Law;
  readonly sql: string;
  readonly findings: readonly Finding[];
  readonly problem: string;
}

export interface Report {
  readonly subjects: readonly Subject[];
  readonly figures: readonly DrawnFigure[];
  readonly laws: readonly JudgedLaw[];
  /** Laws that none of the studies can test. */
  readonly untested: readonly Law[];
}

export async function makeReport(store: Store, studies: readonly StoredStudy[]): Promise<Report> {
  const subjects = await subjectsOf(store, studies);
  const figures = await phaseFigure(store, labelled(subjects));
  for (const figure of FIGURES) {
    const own = labelled(fitting(figure, subjects));
    if (own.length > 0) figures.push(await drawn(store, figure, own));
  }
  const laws: JudgedLaw[] = [];
  for (const law of LAWS) {
    const own = fitting(law, subjects);
    if (own.length > 0) laws.push(await judged(store, law, own));
  }
  const untested = LAWS.filter((law) => !laws.some((one) => one.law === law));
  return { subjects, figures, laws, untested };
}

function fitting({ fits, among }: Pick<Law, "fits" | "among">, subjects: readonly Subject[]): readonly Subject[] {
  const own = subjects.filter(({ spec }) => fits(spec));
  return among === undefined ? own : among(own);
}

async function subjectsOf(store: Store, studies: readonly StoredStudy[]): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const study of studies) {
    const { spec, key } = study.order;
    const [coverage, { jobs }] = [await store.coverage(key), await store.progress(key)];
    subjects.push({ name: spec.name, label: spec.name, spec, study, coverage, deadJobs: jobs.dead });
  }
  return subjects;
}

/** Studies that can all be told apart by their kernels are named by them. */
function labelled(subjects: readonly Subject[]): Subject[] {
  const kernels = subjects.map(({ spec }) => (isKrr(spec) ? spec.kernel.name : spec.experiment));
  if (new Set(kernels).size < kernels.length) return [...subjects];
  return subjects.map((subject, index) => ({ ...subject, label: kernels[index] ?? subject.name }));
}

interface Asked {
  readonly result: Pick<QueryResult, "columns" | "rows">;
  readonly rows: readonly Row[];
  readonly problem: string;
}

async function ask(store: Store, sql: string): Promise<Asked> {
  try {
    const result = await store.sql(sql, { timeoutMs: QUERY_MS_MAX, maxRows: ROWS_MAX });
    const names = result.columns.map(({ name }) => name);
    const rows = result.rows.map((row): Row => Object.fromEntries(row.map((cell, i) => [names[i] ?? "", cell])));
    const problem = result.rows.length === 0 ? "No row has what this needs, so far." : "";
    return { result, rows, problem };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { result: { columns: [], rows: [] }, rows: [], problem: `The query failed: ${error.message}` };
  }
}

async function drawn(store: Store, figure: Figure, subjects: readonly Subject[]): Promise<DrawnFigure> {
  const { sql, words } = figure.query(subjects);
  const { result, rows, problem } = await ask(store, sql);
  const all = rows.length === 0 ? [] : sharedDomains(figure.panels(rows, subjects));
  const panels = spread(all, PANELS_MAX);
  const thinned = panels.length < all.length ? `${panels.length} of ${all.length} panels` : "";
  const { id, title, reading } = figure;
  return {
    id, title, reading, words: [words, thinned].filter((text) => text !== "").join("; "), sql, result,
    svgs: panels.map(panelSvg), legend: legendOf(panels),
    problem: problem === "" && panels.length === 0 ? "No row has what this needs, so far." : problem,
  };
}

/** One entry for each label that the panels share. */
function legendOf(panels: readonly Panel[]): DrawnFigure["legend"] {
  const all = new Map(panels.flatMap(({ series }) => series.map((one) => [one.label, one] as const)));
  return [...all.values()].map((one) => ({ label: one.label, swatch: swatchSvg(one) }));
}

/**
 * The maps that `nearclone run` shows, in colour; none of a study without two axes, nor along a
 * probe's distance, which attack success does not depend on.
 */
async function phaseFigure(store: Store, subjects: readonly Subject[]): Promise<DrawnFigure[]> {
  const parts: { readonly svgs: string[]; readonly words: string; readonly sql: string; readonly asked: Asked }[] = [];
  for (const { study, label } of subjects) {
    const slice = await slicePicture(store, study.order);
    if (slice === null || isNearStudy(study.order.spec)) continue;
    const { diagram, metric, others, sql } = slice;
    const asked = await ask(store, sql);
    const words = (name: string): string => name.replaceAll("_", " ");
    const title = subjects.length > 1 ? label : words(metric);
    const texts = { title, metric: words(metric), xLabel: words(diagram.x.name), yLabel: words(diagram.y.name) };
    const svgs = asked.rows.length === 0 ? [] : [phaseSvg(diagram, texts, "panel")];
    const shown = others.replace(/^[, ]+/, "");
    parts.push({ svgs, sql, asked, words: shown === "" ? "" : `${label} ${shown}` });
  }
  const [first] = parts;
  if (first === undefined) return [];
  const words = parts.map((part) => part.words).filter((text) => text !== "").join("; ");
  const problem = parts.map(({ asked }) => asked.problem).find((text) => text !== "") ?? "";
  return [{
    id: "phase", title: parts.length > 1 ? "Phase diagrams" : "Phase diagram",
    reading: "Each cell is a point of the grid, or the mean of those that differ in what is not drawn. The numbers below are cells by index.",
    words, sql: parts.map(({ sql }) => `${sql};`).join("\n\n"), result: first.asked.result,
    svgs: parts.flatMap(({ svgs }) => svgs), legend: [], problem,
  }];
}

async function judged(store: Store, law: Law, subjects: readonly Subject[]): Promise<JudgedLaw> {
  const sql = findingQuery(law, subjects);
  const { rows, problem } = await ask(store, sql);
  const all = subjects.map((subject) => findingOf(law, subject, rows));
  // The study that others are compared with has no test of its own.
  const tested = all.filter((finding) => finding.tested > 0);
  const findings = law.among !== undefined && tested.length > 0 ? tested : all;
  return { law, sql, findings, problem: problem.startsWith("The query failed") ? problem : "" };
}
