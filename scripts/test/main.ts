import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { escapeForTerminal } from "@clawkeep/diagnostics";

import { capabilities, formatCapabilities, missingCapabilities } from "./capabilities.ts";
import { addCounts, countsIn, emptyCounts } from "./counts.ts";

/** Runs every package's tests through turbo, then says what this machine could not show. */
async function main(): Promise<number> {
  const table = await capabilities();
  const fingerprint = table
    .map((row) => `${row.name}=${row.present ? "present" : "absent"}`)
    .join(" ");
  let counts = emptyCounts;
  const child = spawn(
    "turbo",
    [
      "run",
      "test",
      "test:scripts",
      "test:benchmarks",
      "--output-logs=full",
      "--log-order=grouped",
      "--no-color",
      "--concurrency=2",
      // A failure of one package says nothing of the others.
      "--continue",
    ],
    {
      // Part of turbo's cache key: a result from a machine without a capability is no result for one with it.
      env: { ...process.env, CLAWKEEP_CAPABILITIES: fingerprint, NO_COLOR: "1", FORCE_COLOR: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const exited = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
  for await (const line of createInterface({ input: child.stdout })) {
    counts = addCounts(counts, countsIn(line));
    process.stdout.write(`${escapeForTerminal(line, { keepNewlines: true })}\n`);
  }
  const status = await exited;
  const missing = missingCapabilities(table, process.env["CLAWKEEP_REQUIRE"]);
  process.stdout.write(
    `\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n\n${formatCapabilities(table)}\n`,
  );
  for (const name of missing) {
    process.stdout.write(`required and absent: ${escapeForTerminal(name)}\n`);
  }
  if (counts.passed === 0) {
    process.stdout.write("no test ran\n");
    return 1;
  }
  return status !== 0 || missing.length > 0 ? 1 : 0;
}

process.exitCode = await main();
