import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";

import { describeMachine, keepRun } from "../keep-run.ts";
import { figureMissed } from "../stages.ts";
import { layOutCopies } from "./corpus.ts";
import { watchProcess } from "./watch-process.ts";

/**
 * Whether indexing keeps to the share of the machine that it was given: processor seconds over
 * elapsed seconds for `--cpu`, the highest anonymous memory for `--memory`. On a machine with other
 * work it takes less of the processors, which is no fault. `CLAWKEEP_KEEP_RUN=1` keeps the figures.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const program = path.join(root, "apps/local-rag/dist/main.js");
const files = 20;
/** Start and end of a process are not paced: a short run takes a little more. */
const tolerance = 1.1;

interface Row {
  readonly flags: readonly string[];
  readonly measured: number;
  readonly most: number;
  readonly unit: string;
}

async function main(): Promise<number> {
  const all = availableParallelism();
  const base = mkdtempSync(path.join(tmpdir(), "clawkeep-index-governor-"));
  try {
    const folder = layOutCopies(path.join(base, "files"), files, 1);
    const rows: Row[] = [];
    const run = async (flags: readonly string[]): ReturnType<typeof watchProcess> => {
      const work = path.join(base, `run-${rows.length}`);
      const args = [program, "index", folder, "--index", path.join(work, "index"), ...flags];
      return await watchProcess(args, { CLAWKEEP_HOME: path.join(work, "home") });
    };
    const shares: readonly (readonly [readonly string[], number])[] = [
      [[], all / 2],
      [["--cpu", "25%"], all / 4],
      [["--cpu", "0.2"], 0.2],
      [["--cpu", "1"], 1],
      [["--cpu", "100%"], all],
    ];
    for (const [flags, processors] of shares) {
      const { cpuSeconds, elapsedSeconds } = await run(flags);
      const measured = cpuSeconds / elapsedSeconds;
      rows.push({ flags, measured, most: processors * tolerance, unit: "processors" });
    }
    for (const [size, megabytes] of [
      ["96M", 96],
      ["150M", 150],
      ["300M", 300],
    ] as const) {
      const flags = ["--cpu", "100%", "--workers", "64", "--memory", size];
      const { peakBytes } = await run(flags);
      rows.push({ flags, measured: peakBytes / 1e6, most: megabytes, unit: "MB" });
    }
    return report(rows);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function report(rows: readonly Row[]): number {
  const machine = describeMachine();
  const text = [
    "# What indexing takes of the machine",
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}; ${files} files of OpenClaw's documentation, first index.`,
    "",
    "| flags | taken | at most | |",
    "| --- | ---: | ---: | --- |",
    ...rows.map(
      ({ flags, measured, most, unit }) =>
        `| \`${flags.length === 0 ? "(none)" : flags.join(" ")}\` | ${measured.toFixed(2)} | ${most.toFixed(2)} ${unit} | ${measured <= most ? "holds" : "DOES NOT HOLD"} |`,
    ),
    "",
  ].join("\n");
  process.stdout.write(`\n${text}`);
  if (process.env["CLAWKEEP_KEEP_RUN"] === "1") {
    keepRun(root, "index-governor", text, { machine, node: process.versions.node, rows });
  }
  return rows.every(({ measured, most }) => measured <= most) ? 0 : figureMissed;
}

process.exitCode = await main();
