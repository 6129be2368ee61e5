import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { CodedError } from "@clawkeep/diagnostics";
import { findRun } from "@clawkeep/skill-runtime";
import type { RunResult } from "@clawkeep/skill-runtime";

import { TAKEN } from "./runner-protocol.ts";
import type { RunnerOrder } from "./runner-protocol.ts";

/** What came of a run that may go on without its caller. */
export type Left =
  | { readonly state: "ended"; readonly result: RunResult }
  | { readonly state: "background"; readonly id: string };

/**
 * Starts a run in a process of its own and waits for its end, but no longer than the window.
 * @param windowMs Milliseconds; 0 leaves it as soon as its program is started.
 * @throws CodedError BACKGROUND_FAILED when it could not be started
 */
export async function startRunner(
  home: string,
  order: RunnerOrder,
  windowMs: number,
  signal: AbortSignal,
): Promise<Left> {
  const script = process.argv[1] ?? "";
  const runner = spawn(
    process.execPath,
    [...process.execArgv, script, "background-runner"],
    // A session of its own: neither a terminal that closes nor Ctrl-C there reaches it.
    { detached: true, stdio: ["pipe", "pipe", "ignore"] },
  );
  const stop = (): void => void runner.kill("SIGTERM");
  const { promise: tooLong, resolve: leave } = Promise.withResolvers<"leave">();
  const timer = windowMs === 0 ? undefined : setTimeout(() => leave("leave"), windowMs);
  try {
    signal.addEventListener("abort", stop, { once: true });
    runner.stdin.on("error", () => {});
    runner.stdin.write(`${JSON.stringify(order)}\n`);
    const words = createInterface({ input: runner.stdout })[Symbol.asyncIterator]();
    const spawned = new Promise<never>((_, reject) => {
      runner.once("error", (error) => reject(failed(error.message)));
    });
    let isListed = false;
    for (;;) {
      // An id is worth nothing before the run is listed under it.
      const leaving: readonly Promise<"leave">[] = isListed ? [tooLong] : [];
      const word: IteratorResult<string> | "leave" = await Promise.race([
        words.next(),
        spawned,
        ...leaving,
      ]);
      if (word === "leave") return { state: "background", id: order.id };
      const said = word.done === true ? "failed" : word.value;
      if (said === "begun") isListed = true;
      if (said === "started" && windowMs === 0) return { state: "background", id: order.id };
      if (said === "ended") {
        const { ending } = await findRun(home, order.id);
        if (ending === undefined) throw failed("its result cannot be read");
        runner.stdin.end(`${TAKEN}\n`);
        // It takes its leave first, so that nothing of it is left when this command ends.
        await words.next();
        return { state: "ended", result: ending.result };
      }
      if (said.startsWith("failed")) throw failed(reason(said.slice("failed ".length)));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    runner.stdin.destroy();
    runner.stdout.destroy();
    runner.unref();
  }
}

function reason(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return "its process ended without a word";
  }
}

function failed(why: string): CodedError {
  return new CodedError({
    code: "BACKGROUND_FAILED",
    message: `the run could not be left to the background: ${why}`,
    hint: "`clawkeep-skill audit show` says whether anything was run.",
  });
}
