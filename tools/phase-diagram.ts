// Draws docs/phase-diagram.svg from the rows of a study: `npm run docs:picture -- DATABASE STUDY`.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { slicePicture } from "../coordinator/slice.ts";
import { openStore } from "../coordinator/store/open.ts";
import { phaseSvg } from "../coordinator/report/chart/phase-svg.ts";

const [database, name] = process.argv.slice(2);
if (database === undefined || name === undefined) {
  console.error("usage: npm run docs:picture -- DATABASE STUDY");
  process.exit(2);
}
const store = await openStore(database);
try {
  const study = await store.study(name);
  const slice = study === null ? null : await slicePicture(store, study.order);
  if (study === null || slice === null) throw new RangeError(`no picture of ${name} in ${store.label}`);
  const { spec } = study.order;
  const source = spec.experiment === "krr" ? spec.data.source.toUpperCase() : spec.experiment;
  const { diagram, others, metric } = slice;
  const svg = phaseSvg(diagram, {
    title: `Backdoor onset on ${source}${others}`,
    metric: metric.replaceAll("_", " "),
    xLabel: diagram.x.name.replaceAll("_", " "),
    yLabel: diagram.y.name.replaceAll("_", " "),
  });
  const file = fileURLToPath(new URL("../../docs/phase-diagram.svg", import.meta.url));
  writeFileSync(file, svg);
  console.log(`${file}: ${svg.length} bytes`);
} finally {
  await store.close();
}
