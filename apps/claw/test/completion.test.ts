import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { bundle } from "./bundle.ts";

let folder = "";
const shells = ["bash", "zsh", "fish"] as const;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "claw-completion-"));
  for (const shell of shells) {
    const script = execFileSync(process.execPath, [bundle, "completion", shell], {
      encoding: "utf8",
    });
    writeFileSync(path.join(folder, `claw.${shell}`), script);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin", HOME: folder, TERM: "dumb" },
  });
}

/** What bash offers for the words of a command line. */
function bash(...words: readonly string[]): readonly string[] {
  const script = `source ./claw.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _claw; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return run("/bin/bash", ["--norc", "-c", script, "bash", ...words])
    .trim()
    .split("\n");
}

test.skipIf(!existsSync("/bin/bash"))(
  "C29: bash completes commands, their words, options and files",
  () => {
    expect(bash("claw", "re")).toEqual(["render", "restart", "regenerate-token", "restore"]);
    expect(bash("claw", "models", "")).toEqual(
      expect.arrayContaining(["list", "status", "set", "--json"]),
    );
    expect(bash("claw", "models", "set", "--na")).toEqual(["--name"]);
    expect(bash("claw", "logs", "home", "--f")).toEqual(["--follow"]);
    expect(bash("claw", "restore", "claw.b")).toEqual(["claw.bash"]);
    expect(bash("claw", "$(touch hacked)", "--h")).toEqual(["--help"]);
    expect(existsSync(path.join(folder, "hacked"))).toBe(false);
  },
);

test.skipIf(!existsSync("/usr/bin/fish"))("C29: fish completes commands with what they do", () => {
  const fish = (line: string): string =>
    run("/usr/bin/fish", ["--no-config", "-c", `source claw.fish; complete -C '${line}'`]);
  expect(fish("claw regen")).toContain("regenerate-token\tgive the gateway another token");
  expect(fish("claw models s")).toContain("status\tOpenClaw's own");
  expect(fish("claw logs --fol")).toContain("--follow");
});

test.skipIf(!existsSync("/usr/bin/zsh"))(
  "C29: zsh takes the completion and offers the commands",
  () => {
    const script = `autoload -Uz compinit; compinit -u -d ./dump
_describe() { print -rl -- "\${(P@)2}" }
_files() { print -r -- FILES }
source ./claw.zsh
words=(claw models set --); CURRENT=4; _claw_line() { _claw }
_claw_line; words=(claw re); CURRENT=2; _claw_line; words=(claw restore x); CURRENT=3; _claw_line`;
    const said = run("/usr/bin/zsh", ["-f", "-c", script]);
    expect(said).toContain("--name:the deployment");
    expect(said).toContain("regenerate-token:give the gateway another token");
    expect(said).toContain("FILES");
  },
);

test("completions name no hidden command, and only three shells are known", () => {
  expect(run("/bin/cat", ["claw.bash"])).not.toContain("supervise");
  expect(() => run(process.execPath, [bundle, "completion", "csh"])).toThrow(/COMPLETION_SHELL/u);
});
