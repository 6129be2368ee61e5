import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bubblewrapTestable, startAttacker } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.runIf(await bubblewrapTestable())("a program that writes outside its write roots", () => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test("changes nothing but write roots, and its own /tmp that is gone afterwards", async () => {
    const readable = attacker.makeFolder("readable");
    const writable = attacker.makeFolder("writable");
    const canary = path.join(readable, "canary");
    // It belongs to the attacker: only the mount stands between.
    writeFileSync(canary, "as it was", { mode: 0o666 });
    const token = `clawkeep-${process.pid}-${performance.now()}`;
    const refused = [
      "/new",
      "/usr/new",
      "/usr/bin/new",
      "/etc/new",
      "/dev/new",
      "/proc/sys/kernel/hostname",
      "/proc/sys/kernel/core_pattern",
      "/proc/sysrq-trigger",
      "/roots/new",
      "/roots/programs/report.mjs",
      "/roots/readable/new",
      "/roots/readable/canary",
      canary,
      path.join(attacker.folder, "new"),
    ];
    const write = await attacker.ask({
      policy: attacker.policy(
        "bubblewrap",
        "try-files.mjs",
        ["write", "/roots/writable/new", `/tmp/${token}`, ...refused],
        {
          readRoots: [{ source: readable, target: "/roots/readable" }],
          writeRoots: [{ source: writable, target: "/roots/writable" }],
        },
      ),
    });
    const results = JSON.parse(write.outcome?.stdout ?? "{}") as Record<string, unknown>;
    expect(results["/roots/writable/new"]).toBe("written");
    expect(results[`/tmp/${token}`]).toBe("written");
    for (const file of refused) {
      expect([file, results[file]]).toEqual([
        file,
        { error: expect.stringMatching(/^E(NOENT|ROFS|ACCES|PERM)$/u) },
      ]);
    }
    expect(readFileSync(path.join(writable, "new"), "utf8")).toBe("changed by the program");
    expect(existsSync(`/tmp/${token}`)).toBe(false);
    expect(readFileSync(canary, "utf8")).toBe("as it was");
  });

  test("cannot change modes outside either", async () => {
    const readable = attacker.makeFolder("modes");
    const canary = path.join(readable, "canary");
    writeFileSync(canary, "", { mode: 0o600 });
    const before = statSync(canary).mode;
    const { outcome } = await attacker.ask({
      policy: attacker.policy(
        "bubblewrap",
        "try-files.mjs",
        ["chmod", "/roots/modes/canary", "/usr/bin/env", canary],
        { readRoots: [{ source: readable, target: "/roots/modes" }] },
      ),
    });
    expect(Object.values(JSON.parse(outcome?.stdout ?? "{}") as object)).not.toContain("changed");
    expect(statSync(canary).mode).toBe(before);
  });
});
