// Reads the column that the newest study's first picture needs, before somebody asks for it.
import { defaultMetric } from "./heatmap.ts";
import { findGrid } from "./study-grid.ts";
import type { Tools } from "./tools.ts";

export async function warmUp({ store, database, columns }: Tools): Promise<void> {
  const [newest] = await store.studies();
  if (newest === undefined) return;
  const grid = await findGrid(store, database, newest.order.key);
  await columns.get(grid, [defaultMetric(grid)]);
}
