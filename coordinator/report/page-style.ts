// The style sheet of a report: one sheet inside the page, light and dark, from phone to desk.

const LIGHT = `color-scheme: light;
  --ground: #fbfbfa; --card: #ffffff; --sunken: #f1f2f4; --line: #dcdfe4; --text: #1b1f26; --soft: #59616e;
  --accent: #1f5fa8; --good: #1a6b3c; --good-ground: #e4f4ea; --warn: #7a4b00; --warn-ground: #fff3d6;
  --bad: #b3261e; --bad-ground: #fdecea;
  --s0: #1f5fa8; --s1: #b45309; --s2: #1a7f4b; --s3: #a21caf; --s4: #b3261e; --s5: #4b5563;`;
const DARK = `color-scheme: dark;
    --ground: #12151b; --card: #191d25; --sunken: #20252f; --line: #323945; --text: #e8eaee; --soft: #a3acb9;
    --accent: #8ab8f5; --good: #7fd0a0; --good-ground: #16301f; --warn: #f0c36a; --warn-ground: #3a3118;
    --bad: #ff9b8a; --bad-ground: #3a1f1d;
    --s0: #8ab8f5; --s1: #f0b36a; --s2: #7fd0a0; --s3: #e39bf0; --s4: #ff9b8a; --s5: #b6bec9;`;

const SLOTS = [0, 1, 2, 3, 4, 5]
  .map((slot) => `.line.s${slot}{stroke:var(--s${slot})} .mark.s${slot}{fill:var(--s${slot});stroke:var(--s${slot})}`)
  .join("\n");

/** What charts need: also stands inside an SVG that goes its own way. */
export const CHART_STYLE = `
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg text.title { font-size: 13px; font-weight: 620; fill: var(--text); }
.grid { stroke: var(--line); fill: none; stroke-width: 1; shape-rendering: crispEdges; }
.rule { stroke: var(--soft); stroke-dasharray: 2 4; fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.dashed { stroke-dasharray: 6 4; }
.mark { stroke-width: 1.4; }
${SLOTS}
.mark.hollow { fill: var(--card); }`;

/** The colours as custom properties of `selector`, light, and dark where the system asks for it. */
export function colourStyle(selector: string): string {
  return `${selector} { ${LIGHT} }\n@media (prefers-color-scheme: dark) { ${selector} { ${DARK} } }`;
}

export const PAGE_STYLE = `
${colourStyle(":root")}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 1.6rem 1.2rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 0.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 0.8rem; }
h3 { font-size: 1.02rem; margin: 0; overflow-wrap: anywhere; }
p { margin: 0.5rem 0; max-width: 78ch; }
.soft { color: var(--soft); }
a { color: var(--accent); }
.studies { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.9rem 1.1rem; min-width: 0; }
.figure { margin: 0 0 1.1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 0.8rem; margin: 0.6rem 0 0; font-size: 13.5px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.panels { display: grid; gap: 0.4rem 1.2rem; grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); margin-top: 0.6rem; }
.panel { width: 100%; max-width: 460px; height: auto; display: block; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; list-style: none; padding: 0; margin: 0.7rem 0 0; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 0.4rem; }
.swatch { width: 26px; height: 14px; flex: none; }
details { margin-top: 0.6rem; font-size: 13px; }
summary { cursor: pointer; color: var(--accent); width: fit-content; padding: 0.2rem 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
pre { font: 12px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; background: var(--sunken); padding: 0.7rem 0.9rem; border-radius: 6px; overflow-x: auto; margin: 0.5rem 0; }
.law { border-top: 1px solid var(--line); margin-top: 0.6rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; }
th, td { padding: 0.42rem 0.7rem 0.42rem 0; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; }
.laws .statement { color: var(--text); font-size: 14px; padding-top: 0.75rem; }
.laws .statement .soft { font-weight: 400; font-size: 12.5px; white-space: nowrap; }
.laws .statement .measure { display: block; font-weight: 400; font-size: 12.5px; color: var(--soft); max-width: 100ch; }
.laws td { border-top: 0; padding-top: 0.15rem; }
.laws td.study { padding-left: 1rem; color: var(--soft); white-space: nowrap; }
.laws tbody tr:last-child td { padding-bottom: 0.7rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.data td, .data th { padding: 0.15rem 0.9rem 0.15rem 0; white-space: nowrap; font-variant-numeric: tabular-nums; font-size: 12px; }
.verdict { display: inline-block; border-radius: 99px; padding: 0.08rem 0.65rem; font-size: 12.5px; font-weight: 600; white-space: nowrap; }
.verdict.holds { color: var(--good); background: var(--good-ground); }
.verdict.average { color: var(--warn); background: var(--warn-ground); }
.verdict.fails { color: var(--bad); background: var(--bad-ground); }
.verdict.none { color: var(--soft); background: var(--sunken); }
.note { background: var(--warn-ground); color: var(--text); border-radius: 6px; padding: 0.5rem 0.8rem; margin: 0.6rem 0 0; font-size: 13.5px; }
footer { color: var(--soft); font-size: 12.5px; margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 0.8rem; }
@media (max-width: 720px) {
  main { padding: 1rem 0.9rem 2rem; }
  .card { padding: 0.8rem 0.85rem; }
  .laws thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .laws, .laws tbody, .laws tr, .laws td, .laws .statement { display: block; width: 100%; }
  .laws .statement .soft { display: block; white-space: normal; }
  .laws td, .laws td.study { padding: 0.1rem 0; text-align: left; }
  .laws tbody tr:last-child td { padding-bottom: 0.1rem; }
  .laws tr[data-law] { padding: 0.3rem 0 0.5rem 0.8rem; }
  .laws td[data-name]::before { content: attr(data-name) " "; color: var(--soft); }
}
@media print { details:not([open]) { display: none; } .card { break-inside: avoid; } }
${CHART_STYLE}`;
