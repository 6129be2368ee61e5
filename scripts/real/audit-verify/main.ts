import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";

import { describeMachine, keepRun } from "../keep-run.ts";
import { figureMissed } from "../stages.ts";
import { timeInterleaved } from "../cold-query/measure.ts";
import type { Timing } from "../cold-query/measure.ts";
import { writeLog } from "./write-log.ts";

/**
 * How fast a log of over 100 MB is verified, beside `sha256sum` of the same file: the whole command
 * `clawkeep-skill audit verify` as users get it, with Node's start. Interleaved. Rounds that fall on
 * a busy machine may cost one more measurement; both are then shown. `CLAWKEEP_KEEP_RUN=1` keeps it.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const app = path.join(root, "apps/skill");
const rounds = 7;
const leastBytes = 128 * 1024 * 1024;
const leastRatio = 0.3;

interface Measurement {
  readonly sha256sum: Timing;
  readonly verify: Timing;
  readonly ratio: number;
}

async function main(): Promise<number> {
  const bundle = buildCommand();
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-audit-verify-")));
  try {
    const folder = path.join(base, "audit");
    mkdirSync(folder, { mode: 0o700 });
    const records = await writeLog(folder, leastBytes);
    const log = path.join(folder, "log.ndjson");
    const { size } = statSync(log);
    process.stdout.write(`${records} records, ${(size / 1e6).toFixed(1)} MB\n`);
    checkVerdicts(bundle, base);
    const measurements = [measure(bundle, base, log)];
    if (measurements.every(({ ratio }) => ratio < leastRatio)) {
      process.stdout.write("measured once more: the first may have fallen on a busy machine\n");
      measurements.push(measure(bundle, base, log));
    }
    return report(measurements, records, size);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** Builds the command from the sources as they are now, where its own tests do not build theirs. */
function buildCommand(): string {
  const folder = path.join(app, "node_modules/.cache/audit-verify");
  const script = `
    const { build } = await import("tsup");
    const { default: config } = await import("./tsup.config.ts");
    for (const options of config) {
      const place = { outDir: ${JSON.stringify(folder)}, sourcemap: false, silent: true };
      await build({ ...options, ...place, config: false });
    }`;
  const built = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: app,
    stdio: "inherit",
  });
  if (built.status !== 0) {
    throw new Error("the command could not be built");
  }
  return path.join(folder, "main.js");
}

/** What is timed must be a verification that says so. */
function checkVerdicts(bundle: string, home: string): void {
  const args = [bundle, "audit", "verify"];
  const env = { ...process.env, CLAWKEEP_HOME: home };
  const { status, stdout } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  process.stdout.write(stdout);
  if (status !== 0 || !stdout.includes("\nverified: ")) {
    throw new Error(`the log did not verify: exit code ${String(status)}`);
  }
}

function measure(bundle: string, home: string, log: string): Measurement {
  process.env["CLAWKEEP_HOME"] = home;
  const contenders = [
    { name: "sha256sum of the log", command: "sha256sum", args: [log] },
    { name: "audit verify", command: process.execPath, args: [bundle, "audit", "verify"] },
  ];
  const [sha256sum, verify] = timeInterleaved(contenders, rounds);
  if (sha256sum === undefined || verify === undefined) {
    throw new Error("nothing was measured");
  }
  return { sha256sum, verify, ratio: sha256sum.median / verify.median };
}

function report(measurements: readonly Measurement[], records: number, size: number): number {
  const machine = describeMachine();
  const holds = measurements.some(({ ratio }) => ratio >= leastRatio);
  const speed = ({ median }: Timing): string => (size / 1000 / median).toFixed(0);
  const rows = measurements.flatMap(({ sha256sum, verify }) =>
    [sha256sum, verify].map(
      (timing) =>
        `| ${timing.name} | ${timing.median.toFixed(0)} | ${Math.min(...timing.runs).toFixed(0)} | ${Math.max(...timing.runs).toFixed(0)} | ${speed(timing)} |`,
    ),
  );
  const text = [
    "# Verifying an audit log, beside sha256sum",
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}.`,
    `A log of ${records} records, ${(size / 1e6).toFixed(1)} MB; ${rounds} interleaved rounds after 1 to warm up; whole processes, milliseconds.`,
    "",
    "| | median | least | most | MB/s |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows,
    "",
    ...measurements.map(
      ({ ratio }, index) =>
        `- measurement ${index + 1}: \`audit verify\` has ${ratio.toFixed(2)} × the speed of sha256sum (at least ${leastRatio}: ${ratio >= leastRatio ? "yes" : "NO"})`,
    ),
    "",
  ].join("\n");
  process.stdout.write(`\n${text}`);
  if (process.env["CLAWKEEP_KEEP_RUN"] === "1") {
    const node = process.versions.node;
    keepRun(root, "audit-verify", text, { machine, node, records, size, measurements });
  }
  return holds ? 0 : figureMissed;
}

process.exitCode = await main();
