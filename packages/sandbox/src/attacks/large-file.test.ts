import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import { exhaust } from "../../test/exhaust.ts";

const MiB = 1024 * 1024;

describe.each(await testableLevels())("at level %s a program", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test("writes no file larger than allowed", async () => {
    const large = await exhaust(attacker, level, "file-size", { fileBytes: MiB });
    expect([large.stdout, large.limitedBy?.fileSize]).toEqual([`${MiB} EFBIG`, "rlimit"]);
  });
});
