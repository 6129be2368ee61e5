import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

import { formatError } from "@clawkeep/diagnostics";
import { keepRun, openRuntime, readConfiguration } from "@clawkeep/skill-runtime";

import { orderedArguments, TAKEN } from "../background/runner-protocol.ts";
import type { RunnerOrder, RunnerWord } from "../background/runner-protocol.ts";
import { cancellable } from "../place/cancellation.ts";
import { measured } from "../place/measured.ts";
import { surroundings } from "../place/surroundings.ts";

/** How long one who waited may take to take the result. */
const takeMs = 5000;

/**
 * The process of one background run: it belongs to no terminal and outlives the command that started
 * it. It takes its order from standard input and never prints but to that command.
 */
export async function backgroundRunner(): Promise<number> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const first = await lines.next();
  try {
    return await carryOut(JSON.parse(String(first.value)) as RunnerOrder, () => lines.next());
  } catch (error) {
    say(`failed ${JSON.stringify(formatError(error))}`);
    return 2;
  }
}

async function carryOut(
  order: RunnerOrder,
  nextLine: () => Promise<IteratorResult<string>>,
): Promise<number> {
  const place = surroundings(order);
  const configuration = await readConfiguration(place.home);
  return cancellable(async (signal) => {
    const opened = await openRuntime({ ...place, configuration });
    try {
      await keepRun({
        home: place.home,
        id: order.id,
        configuration,
        runtime: await measured(opened, configuration, order.metrics),
        request: {
          skill: order.skill,
          ...(order.action === undefined ? {} : { action: order.action }),
          args: orderedArguments(order.args),
          caller: { transport: "cli", claimed: { background: order.id } },
          roots: order.roots,
          form: "oneshot",
          ...(order.requireSandbox ? { requireSandbox: "landlock" as const } : {}),
          signal,
        },
        onBegun: () => say("begun"),
        onStarted: () => say("started"),
        onEnded: async () => {
          say("ended");
          const timer = new Promise<undefined>((resolve) => {
            setTimeout(() => resolve(undefined), takeMs).unref();
          });
          const answer = await Promise.race([nextLine(), timer]);
          return answer?.value === TAKEN;
        },
      });
      return 0;
    } finally {
      process.stdin.destroy();
      await opened.close();
    }
  });
}

/** To the command that started this; when it has gone, to nobody. */
function say(word: RunnerWord): void {
  try {
    writeSync(1, `${word}\n`);
  } catch {
    // EPIPE.
  }
}
