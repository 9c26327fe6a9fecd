// Draws one figure of a report as an SVG of its own: `npm run docs:report -- DATABASE FIGURE FILE STUDY...`.
//
// FIGURE may name panels, from 0, and how many stand in a row: near-clone:0,2,3,5/2. Few and large ones can
// be read where a document makes them small.
import { writeFileSync } from "node:fs";
import { escaped } from "../coordinator/report/html.ts";
import { CHART_STYLE, colourStyle } from "../coordinator/report/page-style.ts";
import { makeReport } from "../coordinator/report/report.ts";
import { openStore } from "../coordinator/store/open.ts";
import type { StoredStudy } from "../coordinator/store/port.ts";

const [WIDTH, HEIGHT, LEGEND] = [380, 270, 30];

const [database, wanted, file, ...names] = process.argv.slice(2);
if (database === undefined || wanted === undefined || file === undefined) {
  console.error("usage: npm run docs:report -- DATABASE FIGURE FILE STUDY...");
  process.exit(2);
}
const [, id, panelsText, columnsText] = /^([^:/]+)(?::([\d,]+))?(?:\/(\d+))?$/.exec(wanted) ?? [];
const COLUMNS = Number(columnsText ?? 3);
const store = await openStore(database);
try {
  const studies: StoredStudy[] = [];
  for (const name of names) {
    const study = await store.study(name);
    if (study !== null) studies.push(study);
  }
  const { figures } = await makeReport(store, studies);
  const figure = figures.find((one) => one.id === id);
  if (figure === undefined) throw new RangeError(`no figure ${id} of ${names.join(", ")}: expected one of ${figures.map((one) => one.id).join(", ")}`);
  const shown = panelsText === undefined
    ? figure.svgs : panelsText.split(",").flatMap((index) => figure.svgs[Number(index)] ?? []);
  const rows = Math.ceil(shown.length / COLUMNS);
  const [width, height] = [WIDTH * Math.min(COLUMNS, shown.length), HEIGHT * rows + LEGEND];
  const panels = shown.map((svg, index) =>
    svg.replace("<svg ", `<svg x="${WIDTH * (index % COLUMNS)}" y="${LEGEND + HEIGHT * Math.floor(index / COLUMNS)}" width="${WIDTH}" height="${HEIGHT}" `));
  const legend = figure.legend.map(({ label, swatch }, index) => {
    const before = figure.legend.slice(0, index).reduce((sum, one) => sum + 52 + 6.5 * one.label.length, 0);
    const x = 10 + before;
    return `${swatch.replace("<svg ", `<svg x="${x}" y="8" width="26" height="14" `)}<text x="${x + 32}" y="19">${escaped(label)}</text>`;
  });
  const ground = `<rect width="100%" height="100%" rx="10" fill="var(--card)"/>`;
  writeFileSync(file, [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(figure.title)}">`,
    `<style>${colourStyle(":root")}${CHART_STYLE}</style>`, ground, ...legend, ...panels, "</svg>", "",
  ].join("\n"));
  console.log(`${file}: ${figure.title}`);
} finally {
  await store.close();
}
