// Writes the table of docs/doctor.md from the list of checks. `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { allChecks } from "../packages/provision-doctor/src/index.ts";

const file = path.join(import.meta.dirname, "..", "docs", "doctor.md");
const [begin, end] = ["<!-- checks:begin -->", "<!-- checks:end -->"];

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`);
const rows = allChecks.map(({ id, symptom, cause, fix, repair = "", reads }) =>
  [`\`${id}\``, reads, symptom, cause, fix, repair].map(cell).join(" | "),
);
const table = [
  "| id | reads | symptom | cause | fix | `--fix` |",
  "| --- | --- | --- | --- | --- | --- |",
  ...rows.map((row) => `| ${row} |`),
].join("\n");

const before = readFileSync(file, "utf8");
const [head = "", rest = ""] = before.split(begin);
const tail = rest.split(end)[1] ?? "";
const after = `${head}${begin}\n\n${table}\n\n${end}${tail}`;

if (before !== after && process.argv.includes("--check")) {
  process.stderr.write(
    "docs/doctor.md is not current: node --conditions=source scripts/doctor-table.ts\n",
  );
  process.exitCode = 1;
} else if (before !== after) {
  writeFileSync(file, after);
}
