/**
 * A process that runs policies for a test, so that the attack runs as an unprivileged user even when
 * the tests run as root. One JSON order a line on standard input, one JSON answer a line.
 */
import { createInterface } from "node:readline";

import { bubblewrapDriver } from "../src/bubblewrap/driver.ts";
import { drivers } from "../src/drivers.ts";
import { openProcess, runOnce } from "../src/index.ts";
import { supervise } from "../src/supervise.ts";
import type { Answer, Order } from "./order.ts";

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await carryOut(JSON.parse(line) as Order);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function carryOut({ policy, stdin, how }: Order): Promise<Answer> {
  try {
    if (how === "stay") {
      const { pid } = await openProcess(policy);
      return { pid };
    }
    if (how === "gate-shut") {
      const launch = await drivers.bubblewrap.prepare(policy);
      const { promise, resolve } = Promise.withResolvers<number>();
      const insidePid = (status: string): undefined => {
        const pid = launch.insidePid(status);
        if (pid !== undefined) {
          resolve(pid);
        }
      };
      supervise({ ...launch, insidePid }, "bubblewrap", policy.limits, {});
      return { pid: await promise };
    }
    const outcome =
      how === "without-filter"
        ? await runWithoutFilter(policy)
        : await runOnce(policy, stdin === undefined ? {} : { stdin: Buffer.from(stdin, "base64") });
    const { stdout, stderr, ...rest } = outcome;
    const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
    return { outcome: { ...rest, stdout: decode(stdout), stderr: decode(stderr) } };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { error: { code: code ?? "", message } };
  }
}

/** The namespaces alone, to see which layer it is that holds. */
async function runWithoutFilter(policy: Order["policy"]): ReturnType<typeof runOnce> {
  const driver = bubblewrapDriver({ features: { bindByDescriptor: false } });
  return supervise(await driver.prepare(policy), "bubblewrap", policy.limits, {}).outcome;
}
