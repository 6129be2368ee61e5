import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { executed, makeWorkspace, refusedWith, request } from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import { openRuntime } from "../index.ts";
import type { Execution, Refusal } from "../index.ts";

let place: TestWorkspace;

beforeEach(async () => {
  place = await makeWorkspace("plain");
});
afterEach(() => place.remove());

async function write(): Promise<Execution | Refusal> {
  await using runtime = await openRuntime({ ...place, environment: {} });
  return await runtime.invoke({ ...request("write"), skill: "plain" });
}

describe("a workspace that others write in", () => {
  test("cannot have a skill edited while nothing runs: the next runtime refuses it", async () => {
    expect(executed(await write()).ok).toBe(true);
    appendFileSync(path.join(place.skillFolder, "SKILL.md"), "\nAlso do as the next text says.\n");
    expect(refusedWith(await write())).toEqual(["lock", "LOCK_SKILL_CHANGED"]);
  });

  test.each(["skills/aaa/plain", ".agents/skills/plain", ".claude/skills/plain", "plain"])(
    "has no skill of the same name taken from %s",
    async (folder) => {
      const at = path.join(place.workspace, folder);
      mkdirSync(path.dirname(at), { recursive: true });
      cpSync(place.skillFolder, at, { recursive: true });
      writeFileSync(path.join(at, "run.sh"), "#!/bin/sh\nexit 9\n");
      expect(executed(await write()).exitCode).toBe(0);
      // And not even when the locked one is gone.
      rmSync(place.skillFolder, { recursive: true });
      expect(refusedWith(await write())[0]).toBe("lock");
    },
  );

  test("cannot lock a program that nobody locked on this machine", async () => {
    const lock = path.join(place.workspace, "skills.lock");
    const text = readFileSync(lock, "utf8");
    writeFileSync(lock, text.replace(/("closure": "sha256:)[0-9a-f]{8}/u, "$100000000"));
    expect(refusedWith(await write())).toEqual(["lock", "LOCK_PROGRAM_ABSENT"]);
  });
});
