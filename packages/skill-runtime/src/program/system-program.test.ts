import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { digestFile } from "@clawkeep/integrity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { executed, refusedWith, testableLevels } from "../../test/workspace.ts";
import { checkLock, lockSkills, openRuntime } from "../index.ts";
import type { SkillSurroundings } from "../index.ts";
import { lockPath, readLock } from "../lock/skills-lock.ts";
import { findSystemProgram, systemPlaces } from "./system-program.ts";
import type { SystemPlaces } from "./system-program.ts";

let base = "";
beforeAll(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-system-")));
});
afterAll(() => rmSync(base, { recursive: true }));

/** A folder of programs of its own, as the system's would be. */
function place(name: string): { readonly folder: string; readonly places: SystemPlaces } {
  const folder = path.join(base, name);
  mkdirSync(folder);
  return { folder, places: { folders: [folder], owner: process.getuid?.() ?? 0 } };
}

const codeOf = (act: () => unknown): string => {
  try {
    return String(act());
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("a program of the system", () => {
  test("is found in the fixed folders, whatever PATH says", () => {
    const before = process.env["PATH"];
    process.env["PATH"] = base;
    writeFileSync(path.join(base, "env"), "#!/bin/sh\n", { mode: 0o755 });
    expect(findSystemProgram("env").path).toBe(realpathSync("/usr/bin/env"));
    process.env["PATH"] = before;
    expect(codeOf(() => findSystemProgram("no-such-program"))).toBe("PROGRAM_MISSING");
    expect(systemPlaces).toEqual({ folders: ["/usr/bin", "/bin", "/usr/local/bin"], owner: 0 });
  });

  test("is refused when others can write it, its folder, or what a link of it leads to", () => {
    const { folder, places } = place("open");
    const file = path.join(folder, "tool");
    const found = (): string => codeOf(() => findSystemProgram("tool", places).path);
    writeFileSync(file, "#!/bin/sh\n", { mode: 0o755 });
    chmodSync(file, 0o755);
    expect(found()).toBe(file);
    for (const [target, bad, good] of [
      [file, 0o775, 0o755],
      [file, 0o757, 0o755],
      [file, 0o644, 0o755],
      [file, 0o4755, 0o755],
      [folder, 0o775, 0o755],
      [folder, 0o1777, 0o755],
    ] as const) {
      chmodSync(target, bad);
      expect([target, bad, found()]).toEqual([target, bad, "PROGRAM_UNTRUSTED"]);
      chmodSync(target, good);
    }
    const elsewhere = path.join(base, "elsewhere");
    mkdirSync(elsewhere);
    chmodSync(elsewhere, 0o777);
    renameSync(file, path.join(elsewhere, "tool"));
    symlinkSync(path.join(elsewhere, "tool"), file);
    expect(found()).toBe("PROGRAM_UNTRUSTED");
    rmSync(file);
    mkdirSync(file);
    expect(found()).toBe("PROGRAM_UNTRUSTED");
  });

  test("is refused when another user owns it", (context) => {
    const { folder } = place("foreign");
    if (process.getuid?.() === 0) {
      writeFileSync(path.join(folder, "tool"), "", { mode: 0o755 });
      const places = { folders: [folder], owner: 0 };
      expect(codeOf(() => findSystemProgram("tool", places).path)).toBe(path.join(folder, "tool"));
      const foreign = path.join(folder, "other");
      copyFileSync(path.join(folder, "tool"), foreign);
      chownSync(foreign, 65_534, 65_534);
      expect(codeOf(() => findSystemProgram("other", places).path)).toBe("PROGRAM_UNTRUSTED");
    } else {
      context.skip("needs root to give a file away");
    }
  });
});

describe("a skill that runs a program of the system", () => {
  const surroundings = (name: string, more: Partial<SkillSurroundings> = {}): SkillSurroundings => {
    const workspace = path.join(base, name);
    const skill = path.join(workspace, "skills", "greet");
    mkdirSync(path.join(workspace, "data"), { recursive: true });
    mkdirSync(skill, { recursive: true });
    writeFileSync(
      path.join(skill, "SKILL.md"),
      "---\nname: greet\ndescription: Greets.\n---\n\n# Greet\n",
    );
    writeFileSync(
      path.join(skill, "exec.yaml"),
      `contract: 1
program: {system: sh}
actions:
  see:
    description: Shows its surroundings.
    argv: ["-c", "echo \\"$0 $GREETING $GIT_CONFIG_NOSYSTEM\\"; ls /usr/lib >/dev/null && ls $1", "me", "{{root.data}}"]
    setEnvironment: {GREETING: "hello there", GIT_CONFIG_NOSYSTEM: "1"}
    roots: {data: {access: read, default: data}}
  guarded:
    description: Never below Landlock.
    argv: ["-c", "true"]
    sandbox: landlock
`,
    );
    return { home: path.join(base, `${name}-home`), workspace, programFolders: [], ...more };
  };

  test("is locked with path and digest, and its closure is partial", async () => {
    const at = surroundings("locked");
    const { findings } = await lockSkills(["skills/greet"], at);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    const entry = (await readLock(lockPath(at.workspace))).skills["greet"]?.program;
    const real = realpathSync("/usr/bin/sh");
    expect(entry).toMatchObject({
      kind: "system",
      name: "sh",
      path: real,
      digest: await digestFile(real),
      complete: false,
    });
    const again = readFileSync(lockPath(at.workspace), "utf8");
    expect((await lockSkills(["skills/greet"], at)).changed).toEqual([]);
    expect(readFileSync(lockPath(at.workspace), "utf8")).toBe(again);
  });

  test("runs at every level with its fixed variables; one that says so never at none", async () => {
    const at = surroundings("run");
    writeFileSync(path.join(at.workspace, "data", "file.txt"), "");
    await lockSkills(["skills/greet"], at);
    await using runtime = await openRuntime(at);
    const ask = { skill: "greet", args: { kind: "json", value: {} } } as const;
    const caller = { transport: "test" };
    for (const level of await testableLevels()) {
      const ran = executed(await runtime.invoke({ ...ask, action: "see", caller, level }));
      expect(Buffer.from(ran.stdout).toString()).toBe("me hello there 1\nfile.txt\n");
      const guarded = await runtime.invoke({ ...ask, action: "guarded", caller, level });
      if (level === "none") {
        expect(refusedWith(guarded)).toEqual(["sandbox", "SANDBOX_LEVEL_REQUIRED"]);
      } else {
        expect(executed(guarded).ok).toBe(true);
      }
    }
    const records = readFileSync(path.join(at.home, "audit", "log.ndjson"), "utf8");
    expect(records).toContain('"closure":"partial"');
    expect(records).not.toContain('"closure":"complete"');
  });

  test("is refused when the program changed, until it is locked again", async () => {
    const { folder, places } = place("changing");
    copyFileSync(realpathSync("/usr/bin/sh"), path.join(folder, "sh"));
    chmodSync(path.join(folder, "sh"), 0o755);
    const at = surroundings("changed", { system: places });
    await lockSkills(["skills/greet"], at);
    expect((await checkLock("greet", at)).findings).toBeUndefined();
    const other = path.join(folder, "other");
    copyFileSync(realpathSync("/usr/bin/env"), other);
    chmodSync(other, 0o755);
    renameSync(other, path.join(folder, "sh"));
    const refused = (await checkLock("greet", at)).findings ?? [];
    expect(refused.map(({ code }) => code)).toEqual(["LOCK_PROGRAM_CHANGED"]);
    expect(refused[0]?.hint).toContain("skill lock");
    await lockSkills(["skills/greet"], at);
    expect((await checkLock("greet", at)).findings).toBeUndefined();
    rmSync(path.join(folder, "sh"));
    const gone = (await checkLock("greet", at)).findings ?? [];
    expect(gone.map(({ code }) => code)).toEqual(["PROGRAM_MISSING"]);
  });
});
