import { existsSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { ExecutionPolicy, Mount, SandboxLevel } from "../src/index.ts";
import { startAttacker, testableLevels } from "./attacker.ts";
import type { Attacker } from "./attacker.ts";

/** The host's own, which every level shows. */
const python = "/usr/bin/python3";

/** What becomes of an attack at a level. A text says why the level cannot cover it. */
export type Expectation = "stopped" | "not stopped" | `not covered: ${string}`;

/** Runs a script inside; its arguments follow it. Answers with what it printed. */
export type Run = (
  language: "node" | "python",
  script: string,
  argv?: readonly string[],
  roots?: { readonly read?: readonly string[]; readonly write?: readonly string[] },
) => Promise<string>;

/** Everything that one attack needs. */
export interface Attempted {
  readonly attacker: Attacker;
  readonly level: SandboxLevel;
  readonly run: Run;
  /** How a folder of the host that was given as a root is called inside. */
  readonly inside: (folder: string) => string;
}

/**
 * Declares the tests of one attack, one a level that can be had here. `succeeds` makes the attack and
 * tells whether it had its way, judged from outside where that is possible. `scripts/security-table.mjs`
 * reads the level and the expectation from the names of the tests.
 */
export async function attack(
  expected: Readonly<Record<SandboxLevel, Expectation>>,
  succeeds: (attempted: Attempted) => Promise<boolean>,
  needsPython = false,
): Promise<void> {
  if (needsPython && !existsSync(python)) {
    process.stderr.write(`skipped: this attack is written in Python, and ${python} is absent\n`);
    test.skip("needs Python", () => {});
    return;
  }
  let started: Attacker;
  beforeAll(() => {
    started = startAttacker();
  });
  afterAll(() => started.close());
  describe.each(await testableLevels())("at level %s the attack", (level) => {
    test(`is ${expected[level]}`, async () => {
      // One attacker for all levels, with other folders at each.
      const makeFolder = (name: string): string => started.makeFolder(`${level}-${name}`);
      const attacker: Attacker = { ...started, makeFolder };
      const inside = (folder: string): string =>
        level === "bubblewrap" ? `/roots/${folder.slice(attacker.folder.length + 1)}` : folder;
      const run: Run = async (language, script, argv = [], roots = {}) => {
        const mounts = (folders: readonly string[] = []): readonly Mount[] =>
          folders.map((source) => ({ source, target: inside(source) }));
        const base = attacker.policy(level, "", [], {
          readRoots: mounts(roots.read),
          writeRoots: mounts(roots.write),
        });
        const policy: ExecutionPolicy =
          language === "python"
            ? { ...base, executable: { path: python }, argv: ["-I", "-c", script, ...argv] }
            : { ...base, argv: ["--input-type=module", "-e", script, ...argv] };
        const { outcome, error } = await attacker.ask({ policy });
        // An attack that did not take place proves nothing.
        if (error !== undefined || outcome === undefined || !outcome.stdout.includes("tried")) {
          throw new Error(
            `the attack was not made: ${error?.message ?? ""} ${JSON.stringify(outcome)}`,
          );
        }
        return outcome.stdout;
      };
      const done = await succeeds({ attacker, level, run, inside });
      expect(done).toBe(expected[level] !== "stopped");
    });
  });
}
