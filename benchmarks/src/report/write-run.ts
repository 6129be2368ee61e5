import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { RowResult } from "../rows/row.ts";
import type { RunFacts } from "./markdown.ts";
import { renderReport } from "./markdown.ts";
import { svgChart } from "./svg-chart.ts";

/** Writes `<name>.md`, `<name>.json` and a chart each; the charts' names begin with `name` too. */
export function writeRun(
  folder: string,
  name: string,
  rows: readonly RowResult[],
  facts: RunFacts,
): string {
  mkdirSync(folder, { recursive: true });
  const named = rows.map((row) => ({
    ...row,
    charts: row.charts.map((chart) => ({ ...chart, name: `${name}-${chart.name}` })),
  }));
  for (const chart of named.flatMap(({ charts }) => charts)) {
    writeFileSync(path.join(folder, `${chart.name}.svg`), svgChart(chart));
  }
  const text = renderReport(named, facts);
  writeFileSync(path.join(folder, `${name}.md`), text);
  writeFileSync(
    path.join(folder, `${name}.json`),
    `${JSON.stringify({ facts, rows: named }, null, 1)}\n`,
  );
  return text;
}
