import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";

import type { Shakes } from "@clawkeep/skill-runtime";

/** One thing that is changed for a run and must not matter. */
export interface Shake {
  /** As reports name it: `time zone`. */
  readonly name: string;
  /** @param scratch An existing private folder for this run. */
  readonly make: (scratch: string) => Promise<Shakes>;
}

/** What can be shaken on this machine, and what cannot, and why. */
export interface ShakeSet {
  readonly shakes: readonly Shake[];
  readonly notShaken: Readonly<Record<string, string>>;
}

/** All of them for one run. Where two change the same variable the later wins. */
export async function combine(shakes: readonly Shake[], scratch: string): Promise<Shakes> {
  let all: Shakes = {};
  for (const shake of shakes) {
    const made = await shake.make(scratch);
    all = {
      ...all,
      ...made,
      environment: { ...all.environment, ...made.environment },
      interpreterArguments: { ...all.interpreterArguments, ...made.interpreterArguments },
    };
  }
  return all;
}

/** A shake that needs a folder of its own. */
export function folderShake(name: string, member: "home" | "cwd" | "place"): Shake {
  return {
    name,
    make: async (scratch) => ({ [member]: await mkdtemp(join(scratch, `${member}-`)) }),
  };
}

/** A shake that is the same each time. */
export function fixedShake(name: string, shakes: Shakes): Shake {
  return { name, make: async () => shakes };
}
