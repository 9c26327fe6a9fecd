// A report as one HTML page that asks nothing of anybody: no script, no font, no image from afar.
import { gridText, studyTitle } from "../study-title.ts";
import { countText, plural, shortNumber } from "../face/number.ts";
import { exactText } from "../face/value.ts";
import { escaped } from "./html.ts";
import { deviationText, type Finding, type Law, type Verdict } from "./law.ts";
import { PAGE_STYLE } from "./page-style.ts";
import type { DrawnFigure, JudgedLaw, Report } from "./report.ts";
import type { Subject } from "./subject.ts";
import { wordsFor } from "./words.ts";

/** Rows of a figure's data that the page holds; the query gives the rest. */
const DATA_ROWS_MAX = 400;

const VERDICT_WORDS = "A law <em>holds</em> where its worst deviation is no larger than what is tolerated, <em>holds on average</em> " +
  "where only the mean deviation is, and else <em>does not hold here</em>: on these points, which says nothing of others.";

export interface PageFacts {
  /** What made it: `nearclone 0.1.0`. */
  readonly program: string;
  /** The database in words, without a password. */
  readonly database: string;
}

export function reportPage(report: Report, facts: PageFacts): string {
  const [first] = report.subjects;
  const others = report.subjects.length - 1;
  const more = others === 1 ? " and another study" : ` and ${countText(others)} other studies`;
  const title = `${first?.name ?? "report"}${others > 0 ? more : ""}`;
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    // Nothing can be loaded, whatever a study's texts contain.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escaped(title)} – nearclone report</title>`,
    `<style>${PAGE_STYLE}</style>`,
    "</head>",
    "<body>",
    "<main>",
    `<h1>${escaped(title)}</h1>`,
    `<p class="soft">Law against measurement: what each law says, where it was tested, and how far it is off. Every number follows from the query beside it.</p>`,
    '<section class="studies" aria-label="studies">',
    ...report.subjects.map(studyCard),
    "</section>",
    glossary(report),
    "<h2>Verdicts</h2>",
    `<p>${VERDICT_WORDS}</p>`,
    ...verdicts(report),
    "<h2>Figures</h2>",
    ...report.figures.map(figureCard),
    `<footer>Made by ${escaped(facts.program)} from ${escaped(facts.database)}.</footer>`,
    "</main>",
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** That jobs are dead, and who tells the reason. */
export function deadText(jobs: number, study: string): string {
  return `${plural(jobs, "job")} ${jobs === 1 ? "is" : "are"} dead: nearclone status ${study} says why`;
}

function studyCard({ name, spec, study, coverage, deadJobs }: Subject): string {
  const { done, failed, missing } = coverage;
  const rest = [
    failed > 0 ? `${countText(failed)} with a numeric reason in place of metrics` : "",
    missing > 0 ? `${countText(missing)} missing` : "",
  ].filter((text) => text !== "");
  const pairs: [string, string][] = [
    ...studyTitle(study.order, null).slice(1, -1).map((line): [string, string] => {
      const [label = "", ...words] = line.split(/ {2,}/);
      return [label.trim(), words.join("  ")];
    }),
    ["grid", gridText(study.order)],
    ["points", [`${countText(done)} done`, ...rest].join(", ")],
    ["identity", study.order.key],
  ];
  const dead = deadJobs === 0 ? "" : ` ${escaped(deadText(deadJobs, name))}.`;
  const incomplete = missing > 0
    ? `<p class="note">The study is not complete: what follows is about the rows that are there.${dead}</p>` : "";
  return [
    `<article class="card"><h3>${escaped(name)}</h3>`,
    spec.description === undefined ? "" : `<p>${escaped(spec.description)}</p>`,
    `<dl>${pairs.map(([label, text]) => `<dt>${escaped(label)}</dt><dd>${escaped(text)}</dd>`).join("")}</dl>`,
    incomplete,
    "</article>",
  ].join("");
}

function glossary({ subjects }: Report): string {
  const words = wordsFor(subjects);
  if (words.length === 0) return "";
  const items = words.map(([sign, meaning]) => `<dt>${escaped(sign)}</dt><dd>${escaped(meaning)}</dd>`).join("");
  return `<details class="words"><summary>Words and signs of this report</summary><dl class="card">${items}</dl></details>`;
}

function verdicts({ laws, untested }: Report): string[] {
  if (laws.length === 0) return ["<p>None of the known laws speaks of these studies.</p>"];
  return [
    '<div class="card">',
    '<table class="laws"><thead><tr><th>Study</th><th class="number">Tests</th><th>Worst deviation</th><th class="number">Mean</th><th>Verdict</th></tr></thead>',
    ...laws.map(({ law, findings }) => [
      "<tbody>",
      `<tr><th class="statement" colspan="5" scope="rowgroup">${escaped(tight(law.statement))} <span class="soft">${escaped(law.source)}</span><span class="measure">Deviation: ${escaped(measureText(law))}</span></th></tr>`,
      ...findings.map((finding) => verdictRow(law, finding)),
      "</tbody>",
    ].join("")),
    "</table>",
    `<details><summary>SQL of the verdicts</summary>${laws.map(lawDetails).join("")}</details>`,
    "</div>",
    untested.length === 0 ? "" : `<details class="untested"><summary>Not tested by these studies: ${plural(untested.length, "law")}</summary><ul>${untested.map(untestedItem).join("")}</ul></details>`,
  ];
}

const CLASSES: Readonly<Record<Verdict, string>> = {
  "holds": "holds", "holds on average": "average", "does not hold here": "fails", "not tested": "none",
};

function verdictRow(law: Law, { tested, worst, mean, place, verdict, subject }: Finding): string {
  const isTested = tested > 0;
  const where = isTested && place !== "" ? ` <span class="soft">at ${escaped(placeText(place))}</span>` : "";
  const cells = isTested
    ? [
      `<td class="number" data-name="tests">${countText(tested)}</td>`,
      `<td data-name="worst" data-worst="${worst}">${tight(deviationText(worst, law.unit))}${where}</td>`,
      `<td class="number" data-name="mean" data-mean="${mean}">${tight(deviationText(mean, law.unit))}</td>`,
    ]
    : [`<td colspan="3" class="soft">${isEmpty(subject) ? "no row yet" : `no row tests it: needs ${escaped(law.needs)}`}</td>`];
  return [
    `<tr data-law="${law.id}" data-study="${escaped(subject.name)}">`,
    `<td class="study">${escaped(subject.name)}</td>`, ...cells,
    `<td><span class="verdict ${CLASSES[verdict]}">${verdict}</span></td>`,
    "</tr>",
  ].join("");
}

const isEmpty = ({ coverage: { done, failed } }: Subject): boolean => done + failed === 0;

/** Text of which a number keeps its unit, and a norm its square, at the end of a line. */
const tight = (text: string): string => text.replaceAll(/ (?=%|times\b)/g, "\u00a0").replaceAll("|²", "|\u2060²");

/** `length_scale 0.30638870628` as people say it. */
function placeText(place: string): string {
  // Of several studies some have no length scale.
  const known = place.split(", ").filter((part) => !part.endsWith(" NaN")).join(", ");
  return known.replaceAll("_", " ").replaceAll(/-?\d[\d.]*(?:e-?\d+)?/g, (number) => shortNumber(Number(number)));
}

/** What is measured, and up to where that is as the law says. */
function measureText({ measure, tolerance, unit }: Law): string {
  return tight(`${measure}. Tolerated: ${tolerance === 0 ? "0" : deviationText(tolerance, unit)}.`);
}

function lawDetails({ law, sql, problem }: JudgedLaw): string {
  return [
    `<section class="law" id="law-${law.id}"><p><strong>${escaped(law.statement)}</strong></p>`,
    `<p>Deviation: ${escaped(measureText(law))}</p>`,
    problem === "" ? "" : `<p class="note">${escaped(problem)}</p>`,
    `<pre>${escaped(sql)}</pre></section>`,
  ].join("");
}

const untestedItem = (law: Law): string =>
  `<li>${escaped(law.statement)} <span class="soft">(${escaped(law.source)}): needs ${escaped(law.needs)}</span></li>`;

function figureCard(figure: DrawnFigure): string {
  const { id, title, reading, words, sql, svgs, legend, problem } = figure;
  const legendItems = legend.map(({ label, swatch }) => `<li>${swatch}${escaped(label)}</li>`).join("");
  return [
    `<section class="card figure" id="${escaped(id)}">`,
    `<h3>${escaped(title)}</h3>`,
    `<p>${escaped(reading)}</p>`,
    words === "" ? "" : `<p class="soft">Shown: ${escaped(words)}.</p>`,
    problem === "" ? "" : `<p class="note">${escaped(problem)}</p>`,
    legend.length < 2 ? "" : `<ul class="legend">${legendItems}</ul>`,
    `<div class="panels">${svgs.join("\n")}</div>`,
    `<details><summary>SQL and numbers</summary><pre>${escaped(sql)}</pre>${dataTable(figure)}</details>`,
    "</section>",
  ].join("\n");
}

function dataTable({ result: { columns, rows } }: DrawnFigure): string {
  if (rows.length === 0) return "";
  const shown = rows.slice(0, DATA_ROWS_MAX);
  const rest = rows.length - shown.length;
  return [
    '<div class="scroll"><table class="data"><thead><tr>',
    ...columns.map(({ name }) => `<th>${escaped(name)}</th>`),
    "</tr></thead><tbody>",
    ...shown.map((row) => `<tr>${row.map((cell) => `<td>${escaped(exactText(cell))}</td>`).join("")}</tr>`),
    "</tbody></table></div>",
    rest > 0 ? `<p class="soft">and ${plural(rest, "row")} more</p>` : "",
  ].join("");
}
