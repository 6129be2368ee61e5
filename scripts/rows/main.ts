import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { controlsTable } from "./controls.ts";
import { keptEvidence, runTagged, stageEvidence } from "./results.ts";
import { readRows } from "./row-list.ts";
import { rowsTable } from "./table.ts";

/**
 * Writes docs/rows.md, and docs/controls.md beside it, from what passed: the reports of the last `npm test`. `--run [FOLDER…]` first runs the tests that
 * name a row, of those folders or of all; `--check` writes nothing, and ends with 1 when the page would be another.
 */
const root = path.dirname(path.dirname(import.meta.dirname));
const args = process.argv.slice(2);
const isRun = args.includes("--run");
if (isRun) {
  runTagged(
    root,
    args.filter((one) => !one.startsWith("-")),
  );
}
const evidence = [...keptEvidence(root, isRun ? "rows" : "tests"), ...stageEvidence(root)];
for (const { where, title } of evidence.filter(({ passed }) => !passed)) {
  process.stdout.write(`failed in ${where}: ${title}\n`);
  process.exitCode = 1;
}
const page = rowsTable(readRows(), evidence);
for (const [name, text] of [
  ["rows.md", page],
  ["controls.md", controlsTable(evidence)],
] as const) {
  const file = path.join(root, "docs", name);
  if (!args.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    process.stdout.write(`docs/${name} is not what this run says\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(`${page.split("\n")[8] ?? ""}\n`);
