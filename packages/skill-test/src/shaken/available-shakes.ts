import { existsSync, readFileSync } from "node:fs";

import type { SandboxLevel } from "@clawkeep/sandbox";

import { clockShakes } from "./clock.ts";
import { fixedShake, folderShake } from "./shake.ts";
import type { Shake, ShakeSet } from "./shake.ts";
import { otherDateZone } from "./time-zone.ts";

/** What {@link availableShakes} looks at. */
export interface ShakeSurroundings {
  /** Of the runs. Default `best`. */
  readonly level?: SandboxLevel | "best";
  readonly now?: Date;
}

/** Turkish: upper and lower case differ from the rest of the world, and so do numbers and dates. */
const locale = "tr_TR.UTF-8";

/** Finds out what this machine can shake. */
export async function availableShakes(surroundings: ShakeSurroundings = {}): Promise<ShakeSet> {
  const { level = "best", now = new Date() } = surroundings;
  const shakes: Shake[] = [
    fixedShake("locale", { environment: { LC_ALL: locale, LANG: locale, LANGUAGE: "tr" } }),
    fixedShake("time zone", { environment: { TZ: otherDateZone(now) } }),
    fixedShake("umask", { umask: 0 }),
    folderShake("working folder", "cwd"),
    fixedShake("environment order", { reverseEnvironment: true }),
    folderShake("home", "home"),
    folderShake("path", "place"),
    fixedShake("hash seeds", {
      environment: { PYTHONHASHSEED: "4242", PERL_HASH_SEED: "4242" },
      interpreterArguments: { node: ["--hash-seed=4242"] },
    }),
  ];
  const notShaken: Record<string, string> = {};
  const clock = await clockShakes(level);
  if ("why" in clock) notShaken["clock"] = clock.why;
  else shakes.push(fixedShake("clock", clock));
  const processor = oneProcessor();
  if (typeof processor === "string") notShaken["processors"] = processor;
  else shakes.push(fixedShake("processors", { processor }));
  return { shakes, notShaken };
}

/** The number of one processor that may be used, when there are others to take away. */
function oneProcessor(): number | string {
  if (!existsSync("/usr/bin/taskset")) return "taskset is not installed";
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/mu.exec(
    readFileSync("/proc/self/status", "latin1"),
  );
  const list = allowed?.[1] ?? "";
  if (/^\d+$/u.test(list)) return "only one processor may be used anyway";
  const first = Number.parseInt(list, 10);
  return Number.isNaN(first) ? "the kernel does not say which processors may be used" : first;
}
