import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, expect, test } from "vitest";

const root = path.dirname(path.dirname(import.meta.dirname));
const state = mkdtempSync(path.join(tmpdir(), "clawkeep-skills-"));

afterAll(() => rmSync(state, { recursive: true, force: true }));

test("every skill of this repository does what its cases say, one-shot and resident", () => {
  const skill = path.join(root, "apps/skill/dist/main.js");
  const ended = spawnSync(
    process.execPath,
    [skill, "test", "--workspace", root, "--trust", "--json"],
    { encoding: "utf8", env: { ...process.env, CLAWKEEP_HOME: state } },
  );
  const result = JSON.parse(ended.stdout) as {
    readonly ok: boolean;
    readonly skills: readonly { readonly name: string; readonly cases: readonly unknown[] }[];
  };
  expect(ended.stdout, ended.stderr).toContain('"ok":true');
  expect(result.skills.map(({ name }) => name)).toContain("local-rag");
  expect(result.skills.every(({ cases }) => cases.length >= 3)).toBe(true);
  expect(ended.status).toBe(0);
  // Some 1,400 runs, beside the tests of other packages.
}, 600_000);
