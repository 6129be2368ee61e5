import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import { exhaust } from "../../test/exhaust.ts";

const MiB = 1024 * 1024;

const expected = {
  bubblewrap: "stopped",
  landlock:
    "not covered: nothing is mounted, so the private folder is on the host's disk, where only the size of one file is bounded",
  none: "not stopped",
} as const;

describe.each(await testableLevels())("at level %s filling its own /tmp", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test(`is ${expected[level]}`, async () => {
    const { stdout } = await exhaust(attacker, level, "disk", { tmpBytes: 4 * MiB });
    const [size, code] = stdout.split(" ");
    expect([Number(size) > 4 * MiB, code]).toEqual(
      level === "bubblewrap" ? [false, "ENOSPC"] : [true, undefined],
    );
  });
});
