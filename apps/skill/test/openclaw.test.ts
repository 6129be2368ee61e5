import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fixtures, Place } from "./command.ts";

interface Approvals {
  readonly agents: Readonly<
    Record<
      string,
      { readonly allowlist: readonly { readonly pattern: string; readonly argPattern: string }[] }
    >
  >;
}

let place: Place;
let into: string;
let launcher: string;
const made = (): ReturnType<Place["run"]> =>
  place.run(["openclaw-approvals", "--into", into, "--allow-unconfined"]);

beforeAll(async () => {
  place = new Place(["echo-json", "say-sh"]);
  into = join(place.folder, "approved");
  launcher = join(into, "clawkeep-echo-json");
  expect((await place.run(["lock"])).code).toBe(0);
  const { code, stderr } = await made();
  expect([code, stderr]).toEqual([0, expect.stringContaining("openclaw approvals set --file")]);
});

afterAll(() => place.remove());

describe("the exec route", () => {
  test("each locked action has one entry, and its launcher is what may be run", () => {
    const text = readFileSync(join(into, "approvals.json"), "utf8");
    const { agents } = JSON.parse(text) as Approvals;
    const allowlist = agents["main"]?.allowlist ?? [];
    expect(allowlist.map(({ pattern }) => pattern)).toEqual([
      ...[launcher, launcher, launcher],
      join(into, "clawkeep-say-sh"),
    ]);
    const echo = new RegExp(allowlist[0]?.argPattern ?? "");
    expect(echo.test("echo\0text=hello\0times=3\0")).toBe(true);
    expect(echo.test("echo\0text=hello\0times=3\0--root\0a=/etc\0")).toBe(false);
  });

  test("nobody but its owner can change what was written", () => {
    expect(statSync(launcher).mode & 0o777).toBe(0o555);
    expect(statSync(into).mode & 0o022).toBe(0);
  });

  test("a launcher runs the action with the record of its own state folder, whatever it is given", async () => {
    const elsewhere = join(place.folder, "elsewhere");
    const ended = spawnSync(launcher, ["echo", "text=$(id); --root", "times=2"], {
      cwd: "/",
      encoding: "utf8",
      env: { CLAWKEEP_HOME: elsewhere, NODE_COMPILE_CACHE: elsewhere, TMPDIR: elsewhere },
    });
    expect(ended.stderr).toBe("");
    const run = JSON.parse(ended.stdout) as { readonly output: unknown; readonly id: string };
    expect(run.output).toEqual({ from: "stdin", text: "$(id); --root", times: 2 });
    expect((await place.run(["audit", "show", run.id])).code).toBe(0);
    expect(existsSync(elsewhere)).toBe(false);
  });

  test("what a launcher is not given a name for is refused by the runtime", () => {
    const ended = spawnSync(launcher, ["echo", "text=a", "--root=x=/etc"], { encoding: "utf8" });
    expect(ended.status).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ kind: "refusal", stage: "arguments" });
  });

  test("the agent's SKILL.md ends with the form that is allowed", () => {
    const text = readFileSync(join(into, "skills/echo-json/SKILL.md"), "utf8");
    expect(text).toContain(`\`${launcher} echo text='…' [times=NUMBER] [shout=true]\``);
  });

  test("a skill that is not as it was locked is not approved", async () => {
    const changed = new Place(["say-sh"]);
    await changed.run(["lock"]);
    writeFileSync(join(changed.folder, "skills/say-sh/more.txt"), "more");
    const { code, stderr } = await changed.run(["openclaw-approvals", "--into", into]);
    changed.remove();
    expect([code, stderr]).toEqual([1, expect.stringContaining("LOCK_SKILL_CHANGED")]);
  });

  test("a folder that others can write to is refused", async () => {
    const open = join(place.folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    const { code, stderr } = await place.run(["openclaw-approvals", "--into", open]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("LAUNCHER_FOLDER")]);
  });

  test("a root that no skill has is a mistake", async () => {
    const args = ["openclaw-approvals", "--into", into, "--root", "say-sh.index=/srv"];
    const { code, stderr } = await place.run(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining("USAGE")]);
  });

  test("nothing is written with --dry-run", async () => {
    const nowhere = join(place.folder, "nowhere");
    const shown = await place.json(["openclaw-approvals", "--into", nowhere, "--dry-run"]);
    expect(shown).toMatchObject({
      written: false,
      configuration: { tools: { exec: { safeBins: [] } } },
    });
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe("the install policy", () => {
  const ask = async (
    more: object,
    args: readonly string[] = [],
  ): Promise<Record<string, unknown>> => {
    const request = {
      ...{ protocolVersion: 1, openclawVersion: "2026.9.6", targetType: "skill", targetName: "x" },
      ...{ sourcePath: join(fixtures, "valid/echo-json"), sourcePathKind: "directory" },
      ...{ origin: { type: "local" }, request: { kind: "skill-install", mode: "install" } },
      ...more,
    };
    const { code, stdout } = await place.run(["openclaw-policy", ...args], {
      input: JSON.stringify(request),
    });
    expect(code).toBe(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  test("a good skill is allowed", async () => {
    expect(await ask({})).toMatchObject({ protocolVersion: 1, decision: "allow" });
  });

  test("a bad one is blocked, with file and line", async () => {
    const bad = join(place.folder, "bad");
    mkdirSync(bad);
    writeFileSync(join(bad, "SKILL.md"), "---\nname: bad\n---\n\n# bad\n");
    expect(await ask({ sourcePath: bad })).toMatchObject({
      decision: "block",
      reason: expect.stringContaining("SKILL.md:2 SKILL_MISSING_DESCRIPTION"),
      findings: expect.arrayContaining([
        expect.objectContaining({ severity: "critical", file: "SKILL.md", line: 2 }),
      ]),
    });
  });

  test("a contract that is wrong blocks; one that is missing does when it is required", async () => {
    const folder = join(place.folder, "plain");
    mkdirSync(folder);
    const text = "---\nname: plain\ndescription: Says something.\n---\n\n# plain\n";
    writeFileSync(join(folder, "SKILL.md"), text);
    expect(await ask({ sourcePath: folder })).toMatchObject({ decision: "allow" });
    expect(await ask({ sourcePath: folder }, ["--require-contract"])).toMatchObject({
      decision: "block",
      reason: expect.stringContaining("SKILL_CONTRACT_MISSING"),
    });
    writeFileSync(join(folder, "exec.yaml"), "contract: 1\nprogram: sh\nactions: {}\n");
    expect(await ask({ sourcePath: folder })).toMatchObject({
      decision: "block",
      reason: expect.stringMatching(/^exec\.yaml:\d/u),
    });
  });

  test.each([
    [{ targetType: "plugin" }, "INSTALL_TARGET"],
    [{ sourcePath: "/nonexistent" }, "INSTALL_SOURCE"],
    [{ origin: { type: "doctor" } }, "INSTALL_PROBE"],
    [{ protocolVersion: 2 }, "INSTALL_REQUEST"],
  ])("%j is blocked with a reason", async (more, code) => {
    expect(await ask(more)).toMatchObject({
      decision: "block",
      reason: expect.stringContaining(code),
    });
  });
});
