import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import type { RowResult } from "../rows/row.ts";
import type { RunFacts } from "./markdown.ts";
import { comparisonCells, table } from "./markdown.ts";

/** A run as {@link writeRun} kept it, and its file relative to `runs`. */
export interface KeptRun {
  readonly file: string;
  readonly facts: RunFacts;
  readonly rows: readonly RowResult[];
}

/** Every kept run; those of tiny sizes and files of other checks are left out. */
export function readKeptRuns(runs: string): readonly KeptRun[] {
  if (!existsSync(runs)) {
    return [];
  }
  return readdirSync(runs, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .sort()
    .flatMap((name): readonly KeptRun[] => {
      const value = JSON.parse(readFileSync(path.join(runs, name), "utf8")) as Partial<KeptRun>;
      const { facts, rows } = value;
      const isRun = Array.isArray(rows) && facts?.commit !== undefined && facts.mode !== "tiny";
      return isRun ? [{ file: name.split(path.sep).join("/"), facts, rows }] : [];
    });
}

/**
 * One table of every comparison: of each row the newest kept run, losing ones too, and rows that no
 * run has.
 *
 * @param ids The rows, in the order of the table.
 * @param link What stands before a run's file in a link.
 */
export function renderKept(
  kept: readonly KeptRun[],
  ids: readonly string[],
  link: string,
): readonly string[] {
  const lines: (readonly string[])[] = [];
  const machines = new Set<string>();
  for (const id of ids) {
    const found = newestOf(kept, id);
    if (found === undefined) {
      lines.push([id, "", "–", "", "", "not measured", ""]);
      continue;
    }
    const { run, row } = found;
    machines.add(run.facts.machine);
    const report = `${link}${run.file.replace(/\.json$/u, ".md")}`;
    const where = `[${run.facts.date}, ${run.facts.mode}](${report})`;
    if (row.comparisons.length === 0) {
      lines.push([row.title, "", "–", "", "", "no bound", where]);
    }
    for (const comparison of row.comparisons) {
      lines.push([...comparisonCells(comparison), where]);
    }
  }
  return [
    ...[...machines].map((machine) => `Measured on ${machine}.`),
    "",
    ...table(["what", "against", "ratio", "must", "aim", "verdict", "run"], lines, [2, 3, 4]),
  ];
}

function newestOf(
  kept: readonly KeptRun[],
  id: string,
): { readonly run: KeptRun; readonly row: RowResult } | undefined {
  return kept
    .flatMap((run) => run.rows.filter((row) => row.id === id).map((row) => ({ run, row })))
    .toSorted((a, b) => timeOf(a.run).localeCompare(timeOf(b.run)))
    .at(-1);
}

function timeOf({ facts }: KeptRun): string {
  return facts.finished ?? facts.date;
}
