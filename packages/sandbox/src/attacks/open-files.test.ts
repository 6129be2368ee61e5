import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import { exhaust } from "../../test/exhaust.ts";

describe.each(await testableLevels())("at level %s a program", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test("opens no more files than allowed", async () => {
    const many = await exhaust(attacker, level, "files", { openFiles: 64 });
    expect([many.exitCode, many.stdout, many.limitedBy?.openFiles]).toEqual([
      0,
      " EMFILE",
      "rlimit",
    ]);
  });
});
