import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { runCommandLine } from "../command-line.ts";

test("migrate shows, writes, and then has nothing left to do", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-migrate-")), "numbers");
  mkdirSync(folder);
  const file = join(folder, "SKILL.md");
  const front =
    "---\nname: numbers\ndescription: Print numbers.\nexec:\n  cmd: seq {{count}}\n---\n";
  writeFileSync(file, front);
  let printed = "";
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    printed += String(chunk);
    return true;
  });
  try {
    expect(await runCommandLine(["migrate", folder, "--dry-run"])).toBe(0);
    expect(printed).toContain(`would be ${folder}`);
    expect(printed).toContain('+      - "{{count}}"');
    expect(printed).toContain("decide: count: ");
    expect(readFileSync(file, "utf8")).toBe(front);
    expect(await runCommandLine(["migrate", folder])).toBe(0);
    expect(readFileSync(file, "utf8")).not.toContain("exec:");
    printed = "";
    expect(await runCommandLine(["migrate", folder, "--json"])).toBe(1);
    expect(JSON.parse(printed)).toMatchObject({
      version: 1,
      ok: false,
      skills: [{ folder, written: false, findings: [{ code: "MIGRATE_NOTHING" }] }],
    });
  } finally {
    spy.mockRestore();
  }
});
