import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

import { allChecks } from "./checks/all-checks.ts";

test("every check has an id of its own, a symptom, a cause and a fix", () => {
  const ids = allChecks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, symptom, cause, fix } of allChecks) {
    expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/u);
    for (const text of [symptom, cause, fix]) expect(text).not.toBe("");
    // Whoever switches pairing off for good has no doctor's word for it.
    expect(fix).not.toContain("dangerouslyDisableDeviceAuth");
  }
});

test("docs/doctor.md has the table of exactly these checks", () => {
  const root = path.resolve(import.meta.dirname, "../../..");
  const script = path.join(root, "scripts", "doctor-table.ts");
  execFileSync(process.execPath, ["--conditions=source", script, "--check"], { stdio: "inherit" });
});
