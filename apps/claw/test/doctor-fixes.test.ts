import { allChecks } from "@clawkeep/provision-doctor";
import { expect, test } from "vitest";

import { commandLine } from "../src/command-line.ts";
import { takesFix } from "./takes-fix.ts";

const names = commandLine(() => undefined).commands.map((one) => one.name());

test.each(allChecks.map(({ id, fix }) => ({ id, fix })).filter(({ fix }) => /\bclaw\b/u.test(fix)))(
  "G25: $id: what it says to type is what claw takes",
  async ({ fix }) => {
    const taken = await takesFix(fix);
    if (fix.startsWith("claw ")) expect(taken.length).toBeGreaterThan(0);
    // A name that is written is one of the command line's own, wherever it stands.
    for (const [, name] of fix.matchAll(/\bclaw ([a-z][a-z-]+)/gu)) expect(names).toContain(name);
  },
);

test.each([
  ["claw fix-origins NAME", /too many arguments/u],
  ["claw aply deploy.yaml", /unknown command/u],
  ["claw apply --folder", /argument missing/u],
  ["ls -ld x  # then move it away and: claw apply --overwrite", /unknown option/u],
] as const)("a fix that claw does not take is seen: %s", async (fix, why) => {
  await expect(takesFix(fix)).rejects.toThrow(why);
});
