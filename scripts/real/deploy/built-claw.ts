import path from "node:path";
import process from "node:process";

import { bundleVariable } from "../../../apps/claw/test/bundle.ts";
import { runAs } from "../openclaw/principal.ts";
import type { Ended } from "../openclaw/principal.ts";
import type { Deployment } from "./deployments.ts";

const app = "/opt/claw/clone/apps/claw";

/**
 * Runs `claw ARGS` for a deployment, as it is built for users.
 *
 * @param killAt Where it kills itself: a number or a name of test/kill-at.ts.
 */
export function builtClaw(
  { owner, folder, store }: Deployment,
  args: readonly string[],
  killAt?: string,
): Promise<Ended> {
  const bundle = path.basename(process.env[bundleVariable] ?? "none");
  const executable = path.join(app, "node_modules", ".cache", bundle, "main.js");
  const hook = killAt === undefined ? [] : ["--import", path.join(app, "test", "kill-at.ts")];
  return runAs(owner, ["/opt/claw/node", ...hook, executable, ...args], {
    cwd: folder,
    environment: {
      CLAWKEEP_HOME: store,
      ...(killAt === undefined ? {} : { CLAW_KILL_AT: killAt }),
    },
    timeoutMs: 600_000,
  });
}

/** A step that the command is told of before it does it. */
export interface Step {
  readonly number: number;
  /** Such as `apply:file`. */
  readonly name: string;
  /** A path, or the name of a service or a gate. */
  readonly about: string;
}

/** The steps of a whole run, in their order. @throws Error when it did not end well */
export async function stepsOf(one: Deployment, args: readonly string[]): Promise<readonly Step[]> {
  const { code, stdout, stderr } = await builtClaw(one, args, "survey");
  if (code !== 0) throw new Error(`claw ${args.join(" ")}: exit ${code}: ${stdout}${stderr}`);
  return [...stderr.matchAll(/^step (\d+): (\S+) (.*)$/gmu)].map(
    ([, number, name = "", about = ""]) => ({ number: Number(number), name, about }),
  );
}
