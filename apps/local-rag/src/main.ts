#!/usr/bin/env node
/*
 * The executable: checks what it runs on, runs one command, and is the only place where an error
 * becomes an exit code. It imports nothing but what any Node can load, so that the check comes first,
 * and each command loads only its own program: a cold query has no time for the others. `process` is
 * the global on purpose: importing it opens all three standard streams, 3 ms.
 */

import { keepCompiled } from "./start/compile-cache.ts";
import { mayBeServed } from "./start/may-be-served.ts";

const floor: readonly [number, number] = [24, 16];

/** 0 done, 1 a verification said no, 2 usage, missing part or failure. */
async function run(args: readonly string[]): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < floor[0] || (major === floor[0] && minor < floor[1])) {
    process.stderr.write(
      `NODE_TOO_OLD: expected Node ${floor.join(".")} or newer, got ${process.versions.node}\n` +
        "  Install Node 24 from https://nodejs.org, or run `npx -y node@24 $(command -v local-rag) …`.\n",
    );
    return 2;
  }
  keepCompiled(process.env);
  const [command, ...rest] = args;
  const asksForHelp = args.includes("--help") || args.includes("-h");
  if (command === "query" && !asksForHelp) {
    if (mayBeServed(process.env) || rest.includes("--warm")) {
      const { askWarm } = await import("./warm.ts");
      const code = await askWarm(rest);
      if (code !== undefined) return code;
    }
    const { runQuery } = await import("./query.ts");
    return runQuery(rest);
  }
  if (command === "serve" && rest.includes("--stdio") && !asksForHelp) {
    const { runQuery } = await import("./query.ts");
    return runQuery(["--resident", ...rest.filter((argument) => argument !== "--stdio")]);
  }
  if (command === "serve-worker") {
    const { runWorker } = await import("./worker.ts");
    return runWorker(rest);
  }
  const { runCommandLine } = await import("./manage.ts");
  return runCommandLine(args);
}

// Who reads our output may have seen enough (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? 0);
});
process.stderr.on("error", () => {});

process.exitCode = await run(process.argv.slice(2));
