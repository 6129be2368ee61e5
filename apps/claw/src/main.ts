#!/usr/bin/env node
/*
 * The executable: checks what it runs on, runs one command, and is the only place where an error
 * becomes an exit code. It imports nothing but what any Node can load, so that the check comes first.
 */
import process from "node:process";

const floor: readonly [number, number] = [24, 16];

/** 0 done, 1 a check said no, 2 usage, missing part or failure. */
async function run(): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < floor[0] || (major === floor[0] && minor < floor[1])) {
    process.stderr.write(
      `NODE_TOO_OLD: expected Node ${floor.join(".")} or newer, got ${process.versions.node}\n` +
        "  Install Node 24 from https://nodejs.org, or run `npx -y node@24 $(command -v claw) …`.\n",
    );
    return 2;
  }
  const { runCommandLine } = await import("./command-line.ts");
  return runCommandLine(process.argv.slice(2));
}

// Who reads our output may have seen enough (`| head`): what was done is done and recorded.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? 0);
});
process.stderr.on("error", () => {});

process.exitCode = await run().catch(async (error: unknown) => {
  const { formatError } = await import("@clawkeep/diagnostics");
  process.stderr.write(`${formatError(error)}\n`);
  return 2;
});
