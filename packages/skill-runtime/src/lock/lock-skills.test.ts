import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { makeWorkspace } from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import { checkLock } from "./check-lock.ts";
import { lockSkills } from "./lock-skills.ts";
import { lockPath, readLock } from "./skills-lock.ts";

let place: TestWorkspace;
beforeEach(async () => {
  place = await makeWorkspace("plain");
});
afterEach(() => {
  place.remove();
});

const codes = async (from: TestWorkspace = place): Promise<readonly string[]> =>
  ((await checkLock("plain", from)).findings ?? []).map(({ code }) => code);

function closureFolder(): string {
  const folder = path.join(place.home, "closures");
  const [name = ""] = readdirSync(folder).filter((entry) => !entry.startsWith("."));
  return path.join(folder, name);
}

describe("a locked skill", () => {
  test("is accepted as it is, and locking it again changes nothing", async () => {
    expect(await codes()).toEqual([]);
    const before = readFileSync(lockPath(place.workspace), "utf8");
    const report = await lockSkills(["skills/plain"], place);
    expect([report.changed, readFileSync(lockPath(place.workspace), "utf8")]).toEqual([[], before]);
    expect((await readLock(lockPath(place.workspace))).skills["plain"]?.folder).toBe(
      "skills/plain",
    );
  });

  test("is refused when any file of its folder changed, whatever its times say", async () => {
    const program = path.join(place.skillFolder, "run.sh");
    const { atime, mtime } = statSync(program);
    writeFileSync(program, readFileSync(program, "utf8").replace("program", "progrom"));
    utimesSync(program, atime, mtime);
    expect(await codes()).toEqual(["LOCK_SKILL_CHANGED"]);
    await lockSkills(["skills/plain"], place);
    expect(await codes()).toEqual([]);
    writeFileSync(path.join(place.skillFolder, "new.txt"), "");
    expect(await codes()).toEqual(["LOCK_SKILL_CHANGED"]);
  });

  test("is refused when its contract changed, which shows as both", async () => {
    const contract = path.join(place.skillFolder, "exec.yaml");
    writeFileSync(contract, readFileSync(contract, "utf8").replace("then stay", "and stay"));
    expect(await codes()).toEqual(["LOCK_SKILL_CHANGED", "LOCK_SKILL_CHANGED"]);
  });

  test("is refused on a machine that has the lock and not the program", async () => {
    renameSync(closureFolder(), `${place.base}/elsewhere`);
    expect(await codes()).toEqual(["LOCK_PROGRAM_ABSENT"]);
    await lockSkills(["skills/plain"], place);
    expect(await codes()).toEqual([]);
  });

  test("is accepted when its files were only touched", async () => {
    const now = new Date(1_700_000_000_000);
    utimesSync(path.join(place.skillFolder, "run.sh"), now, now);
    expect(await codes()).toEqual([]);
  });
});

describe("the private copy of a program", () => {
  test("is refused when somebody changed it, and mended by locking again", async () => {
    const copy = path.join(closureFolder(), "files", "run.sh");
    chmodSync(copy, 0o644);
    writeFileSync(copy, "process.exit(0);\n");
    expect(await codes()).toEqual(["CLOSURE_CHANGED"]);
    await lockSkills(["skills/plain"], place);
    expect(await codes()).toEqual([]);
  });

  test("is refused when its manifest was changed", async () => {
    const manifest = path.join(closureFolder(), "manifest.json");
    writeFileSync(manifest, readFileSync(manifest, "utf8").replace("run.sh", "ran.sh"));
    expect(await codes()).toEqual(["CLOSURE_CHANGED"]);
  });

  test("is accepted when it was restored from a backup, with other times", async () => {
    const copy = path.join(closureFolder(), "files", "run.sh");
    copyFileSync(copy, `${copy}.backup`);
    renameSync(`${copy}.backup`, copy);
    expect(await codes()).toEqual([]);
    // The new identity is written down: no hashing the next time.
    const identity = readFileSync(path.join(closureFolder(), "identity.json"), "utf8");
    expect(await codes()).toEqual([]);
    expect(readFileSync(path.join(closureFolder(), "identity.json"), "utf8")).toBe(identity);
  });

  test("is private, its files are not writable, and nothing temporary is left", () => {
    const files = path.join(closureFolder(), "files");
    expect(statSync(files).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(files, "run.sh")).mode & 0o777).toBe(0o444);
    expect(
      readdirSync(path.join(place.home, "closures")).filter((name) => name.startsWith(".")),
    ).toEqual([]);
    expect(statSync(place.home).mode & 0o777).toBe(0o700);
  });
});

describe("an installed program", () => {
  const install = (text: string): void => {
    const folder = path.join(place.base, "programs", "greeter");
    const dependency = path.join(place.base, "programs", "node_modules", "dependency");
    mkdirSync(path.join(folder, "lib"), { recursive: true });
    mkdirSync(path.join(dependency, "dist"), { recursive: true });
    writeFileSync(
      path.join(folder, "main.mjs"),
      'import "./lib/part.mjs";\nimport "dependency";\n',
    );
    writeFileSync(path.join(folder, "lib", "part.mjs"), text);
    writeFileSync(
      path.join(dependency, "package.json"),
      '{"name":"dependency","version":"1.0.0","exports":"./dist/index.js","type":"module"}',
    );
    writeFileSync(path.join(dependency, "dist", "index.js"), "");
    writeFileSync(
      path.join(folder, "clawkeep.program.json"),
      JSON.stringify({
        program: 1,
        name: "greeter",
        interpreter: "node",
        entry: "main.mjs",
        closure: [
          "lib",
          {
            package: "dependency",
            files: ["dist"],
            platform: `${process.platform}-${process.arch}`,
          },
          { package: "absent", files: ["x"], platform: "plan9-mips" },
          { package: "absent", files: ["x"], optional: true },
        ],
      }),
    );
    const skill = path.join(place.workspace, "skills", "greet");
    mkdirSync(skill, { recursive: true });
    writeFileSync(
      path.join(skill, "SKILL.md"),
      "---\nname: greet\ndescription: Greets.\n---\n\n# Greet\n",
    );
    writeFileSync(
      path.join(skill, "exec.yaml"),
      "contract: 1\nprogram: greeter\nactions:\n  greet:\n    description: Greet.\n    argv: []\n",
    );
  };
  const surroundings = (): TestWorkspace => ({
    ...place,
    programFolders: [path.join(place.base, "programs")],
  });

  test("is copied with the parts of packages that it names", async () => {
    install("");
    const { findings, changed } = await lockSkills(["skills/greet"], surroundings());
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(changed).toEqual(["greet"]);
    const { closure } = (await checkLock("greet", surroundings())) as {
      closure: { manifest: { files: readonly { path: string }[] } };
    };
    expect(closure.manifest.files.map((file) => file.path)).toEqual([
      "clawkeep.program.json",
      "lib/part.mjs",
      "main.mjs",
      "node_modules/dependency/dist/index.js",
      "node_modules/dependency/package.json",
    ]);
  });

  test("is refused when it changed since, grew, or is gone", async () => {
    install("");
    await lockSkills(["skills/greet"], surroundings());
    install("// changed");
    const check = async (): Promise<readonly string[]> =>
      ((await checkLock("greet", surroundings())).findings ?? []).map(({ code }) => code);
    expect(await check()).toEqual(["LOCK_PROGRAM_CHANGED"]);
    await lockSkills(["skills/greet"], surroundings());
    expect(await check()).toEqual([]);
    writeFileSync(path.join(place.base, "programs", "greeter", "lib", "more.mjs"), "");
    expect(await check()).toEqual(["LOCK_PROGRAM_CHANGED"]);
    renameSync(path.join(place.base, "programs"), path.join(place.base, "gone"));
    expect(await check()).toEqual(["PROGRAM_MISSING"]);
  });

  test("that is not there, or has a bad manifest, is a finding and locks nothing", async () => {
    install("");
    const missing = await lockSkills(["skills/greet"], place);
    expect(missing.findings.map(({ code }) => code)).toContain("PROGRAM_MISSING");
    const manifest = path.join(place.base, "programs", "greeter", "clawkeep.program.json");
    for (const text of [
      "not JSON",
      "{}",
      readFileSync(manifest, "utf8").replace('"lib"', '"../../etc"'),
    ]) {
      writeFileSync(manifest, text);
      const { findings, changed } = await lockSkills(["skills/greet"], surroundings());
      expect([findings.map(({ code }) => code), changed]).toEqual([
        expect.arrayContaining(["PROGRAM_MANIFEST_INVALID"]),
        [],
      ]);
    }
  });
});

test("a lock file that is damaged is refused, not guessed at", async () => {
  for (const text of ["", "{}", '{"lock":2,"skills":{}}', '{"lock":1,"skills":{"probe":{}}}']) {
    writeFileSync(lockPath(place.workspace), text);
    expect(await codes()).toEqual(["LOCK_MALFORMED"]);
  }
});
