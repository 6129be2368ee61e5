import { chmodSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { bundleVariable } from "../../../apps/claw/test/bundle.ts";
import { installOpenclaw } from "../openclaw/install.ts";
import { enterPrivateWorld } from "../openclaw/private-world.ts";
import { passedInPart } from "../stages.ts";
import { makeHost } from "./host.ts";
import { removeControlGroups } from "./observe.ts";
import { parts } from "./parts.ts";
import { Verdicts } from "./verdicts.ts";
import { fetchDebian } from "./vps.ts";

/**
 * The real OpenClaw by `claw apply`, in namespaces of the stage's own and without a network: profile by profile, with
 * users by number, a stand-in for Ollama and a turn through the skill. Names choose parts: `-- cage`, or
 * `CLAWKEEP_PARTS=cage,vps`.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));

async function main(): Promise<number> {
  const named = process.argv.slice(2).filter((word) => !word.startsWith("-"));
  // The script is started again, without arguments.
  if (named.length > 0) process.env["CLAWKEEP_PARTS"] = named.join(",");
  const chosen = (process.env["CLAWKEEP_PARTS"] ?? "").split(",").filter((word) => word !== "");
  const isChosen = (name: string): boolean => chosen.length === 0 || chosen.includes(name);
  const installed = installOpenclaw();
  const isOutside = process.env[bundleVariable] === undefined;
  if (isOutside && isChosen("vps")) fetchDebian();
  const removeBuilt = isOutside ? await buildClaw() : undefined;
  const world = enterPrivateWorld(import.meta.filename, root, installed.folder);
  if (typeof world === "number") {
    removeBuilt?.();
    // Control groups are the kernel's and end with no namespace; inside, nobody waits for orphans, which keep them.
    const left = await removeControlGroups();
    for (const one of left) process.stderr.write(`still in use: ${one}\n`);
    return left.length === 0 ? world : 1;
  }
  process.stdout.write(
    `openclaw ${installed.version}, Node ${process.versions.node}; Ollama is a stand-in; no network but loopback\n`,
  );
  const host = makeHost(world);
  const failed: string[] = [];
  let count = 0;
  for (const { name, run } of parts) {
    if (!isChosen(name)) continue;
    process.stdout.write(`\n${name}\n`);
    const verdicts = new Verdicts(name);
    try {
      await run(host, verdicts);
    } catch (error) {
      verdicts.that(
        "ran to its end",
        false,
        error instanceof Error ? (error.stack ?? "") : String(error),
      );
    }
    endEverything();
    failed.push(...verdicts.failed);
    count += verdicts.count;
  }
  process.stdout.write(`\n${count - failed.length} of ${count} ok\n`);
  for (const one of failed) process.stdout.write(`FAIL ${one}\n`);
  if (count === 0 || failed.length > 0) return 1;
  return chosen.length > 0 ? passedInPart : 0;
}

/** The executable as users get it, for every user of the stage. @returns what removes it */
async function buildClaw(): Promise<() => void> {
  // The bundler takes its folder from where it is loaded.
  process.chdir(path.join(root, "apps/claw"));
  const { setup, teardown } = await import("../../../apps/claw/test/build-bundle.ts");
  await setup();
  process.chdir(root);
  chmodSync(process.env[bundleVariable] ?? "", 0o755);
  return teardown;
}

/** What a part that failed left running would have the ports of the next one. */
function endEverything(): void {
  // Everyone in this namespace but its first process, which this is: nobody of the machine.
  if (process.pid !== 1) return;
  try {
    process.kill(-1, "SIGKILL");
  } catch {
    // Nothing runs.
  }
}

process.exitCode = await main();
