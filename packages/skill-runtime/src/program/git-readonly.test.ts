import { execFileSync } from "node:child_process";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { testableLevels } from "../../test/workspace.ts";
import { lockSkills, openRuntime } from "../index.ts";
import type { Execution, Refusal, Runtime } from "../index.ts";

const skill: string = path.join(import.meta.dirname, "../../../../skills/git-readonly");
const confined: boolean = (await testableLevels()).some((level) => level !== "none");

/** Where each planted program would leave its mark, if it ran outside the sandbox or could write. */
let base = "";
let canary = "";
let runtime: Runtime;
beforeAll(async () => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-git-")));
  canary = path.join(base, "canary");
  const workspace = path.join(base, "workspace");
  mkdirSync(canary, { mode: 0o777 });
  cpSync(skill, path.join(workspace, "skills/git-readonly"), { recursive: true });
  const place = { home: path.join(base, "home"), workspace, programFolders: [] };
  const { findings } = await lockSkills(["skills/git-readonly"], place);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  runtime = await openRuntime(place);
});
afterAll(async () => {
  await runtime.close();
  rmSync(base, { recursive: true, force: true });
});

const git = (cwd: string, ...argv: readonly string[]): string =>
  execFileSync("/usr/bin/git", [...argv], {
    cwd,
    encoding: "utf8",
    stdio: "pipe",
    env: {
      PATH: "/usr/bin:/bin",
      HOME: base,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "Ada",
      GIT_AUTHOR_EMAIL: "ada@example.org",
      GIT_COMMITTER_NAME: "Ada",
      GIT_COMMITTER_EMAIL: "ada@example.org",
    },
  });

/** A repository with two commits and a changed file, made before anything hostile is in it. */
function repository(name: string): string {
  const at = path.join(base, name);
  mkdirSync(at);
  git(at, "init", "-q", "-b", "main", ".");
  for (const text of ["one\n", "one\ntwo\n"]) {
    writeFileSync(path.join(at, "notes.txt"), text);
    git(at, "add", ".");
    git(at, "commit", "-q", "-m", `Say ${text.length}`);
  }
  writeFileSync(path.join(at, "notes.txt"), "one\ntwo\nthree\n");
  return at;
}

/** Every file with its bytes, mode and times; links as links. */
function tree(at: string): readonly string[] {
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const { mode, mtimeMs } = lstatSync(file);
      const held = entry.isFile()
        ? readFileSync(file).toString("base64")
        : entry.isSymbolicLink()
          ? readlinkSync(file)
          : "";
      return `${path.relative(at, file)} ${mode} ${mtimeMs} ${held}`;
    })
    .sort();
}

const ask = (
  root: string,
  action: string,
  value: Readonly<Record<string, unknown>> = {},
): Promise<Execution | Refusal> =>
  runtime.invoke({
    skill: "git-readonly",
    action,
    args: { kind: "json", value },
    roots: { repository: root },
    caller: { transport: "test" },
  });

const everything: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["status", {}],
  ["log", {}],
  ["diff", {}],
  ["show", {}],
  ["blame", { path: "notes.txt" }],
  ["files", {}],
  ["grep", { text: "one" }],
  ["branches", {}],
];

/** A program that the sandbox shows, that says that it ran and would leave a mark wherever it could. */
function planted(at: string, name: string): string {
  const file = `planted-${name.replaceAll(/\W/gu, "-")}.sh`;
  const text = `#!/bin/sh\necho PLANTED >&2\necho PLANTED\ntouch '${canary}/mark' .git/mark mark\n`;
  writeFileSync(path.join(at, ".git", file), text, { mode: 0o755 });
  return `/roots/repository/.git/${file}`;
}

/** Git has no switch against these filters; in the sandbox they can start, and reach nothing. */
const drivers = "textconv, filter and merge drivers named by attributes";

/** One thing that a hostile repository can hold. */
const hostile: Readonly<Record<string, (at: string) => void>> = {
  "keys that name a program": (at) => {
    for (const key of [
      ...["core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass"],
      ...["core.alternateRefsCommand", "diff.external", "gpg.program", "gpg.ssh.program"],
      ...["credential.helper", "pager.log", "pager.diff", "uploadpack.packObjectsHook"],
    ]) {
      git(at, "config", key, planted(at, key));
    }
  },
  "alias that replaces a command": (at) => {
    git(at, "config", "alias.log", `!${planted(at, "alias")}`);
    git(at, "config", "alias.status", `!${planted(at, "alias")}`);
  },
  "hooks and their folder": (at) => {
    git(at, "config", "core.hooksPath", "/roots/repository/hooks");
    mkdirSync(path.join(at, "hooks"));
    for (const hook of ["post-index-change", "reference-transaction", "fsmonitor-watchman"]) {
      planted(at, hook);
      cpSync(path.join(at, ".git", `planted-${hook}.sh`), path.join(at, "hooks", hook));
      cpSync(path.join(at, ".git", `planted-${hook}.sh`), path.join(at, ".git/hooks", hook));
    }
  },
  "signatures that are shown": (at) => {
    git(at, "config", "log.showSignature", "true");
    git(at, "config", "gpg.program", planted(at, "showSignature"));
  },
  [drivers]: (at) => {
    const program = planted(at, "driver");
    for (const key of ["diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.smudge"]) {
      git(at, "config", key, program);
    }
    git(at, "config", "filter.x.process", program);
    writeFileSync(path.join(at, ".git/info/attributes"), "* diff=x filter=x merge=x\n");
  },
  "configuration that includes another file": (at) => {
    const more = path.join(at, ".git/more.config");
    writeFileSync(more, `[core]\n\tfsmonitor = ${planted(at, "included")}\n`);
    git(at, "config", "include.path", "more.config");
    git(at, "config", "includeIf.gitdir:/.path", "more.config");
  },
  "a promisor that would be fetched from": (at) => {
    git(at, "config", "extensions.partialClone", "origin");
    git(at, "config", "remote.origin.promisor", "true");
    git(at, "config", "remote.origin.url", `ext::${planted(at, "promisor")}`);
    git(at, "config", "protocol.ext.allow", "always");
    const blob = git(at, "rev-parse", "HEAD:notes.txt").trim();
    rmSync(path.join(at, ".git/objects", blob.slice(0, 2), blob.slice(2)), { force: true });
  },
  "a submodule with its own hostile configuration": (at) => {
    const inner = path.join(at, "inner");
    mkdirSync(inner);
    git(inner, "init", "-q", ".");
    git(inner, "commit", "-q", "--allow-empty", "-m", "Inner");
    git(at, "-c", "advice.addEmbeddedRepo=false", "add", "inner");
    git(at, "commit", "-q", "-m", "Take it in");
    git(inner, "config", "core.fsmonitor", planted(at, "submodule"));
  },
};

describe.runIf(confined)("a hostile repository", () => {
  test.each(Object.entries(hostile))(
    "with %s leaves no mark and stays as it is [L19]",
    async (...of) => {
      const [name, plant] = of;
      const at = repository(`hostile ${name}`);
      plant(at);
      const before = tree(at);
      for (const [action, value] of everything) {
        const ran = await ask(at, action, value);
        if (ran.kind === "refusal") throw new Error(JSON.stringify(ran.findings));
        const said = `${Buffer.from(ran.stdout).toString()}${Buffer.from(ran.stderr).toString()}`;
        if (name !== drivers || action !== "status") {
          expect([action, said.includes("PLANTED")]).toEqual([action, false]);
        }
      }
      expect(tree(at)).toEqual(before);
      expect(readdirSync(canary)).toEqual([]);
    },
  );

  test("is hostile indeed: git alone runs what it names", () => {
    const at = repository("control");
    const file = planted(at, "control");
    git(at, "config", "core.fsmonitor", file.replace("/roots/repository", at));
    git(at, "status");
    expect(readdirSync(canary)).toEqual(["mark"]);
    rmSync(path.join(canary, "mark"));
  });

  test("shows nothing of another folder: alternates, a .git file, a work tree elsewhere", async () => {
    const secret = repository("secret");
    writeFileSync(path.join(secret, "notes.txt"), "the secret\n");
    git(secret, "commit", "-qam", "Keep the secret");
    const head = git(secret, "rev-parse", "HEAD").trim();
    const borrowing = repository("borrowing");
    writeFileSync(path.join(borrowing, ".git/objects/info/alternates"), `${secret}/.git/objects\n`);
    expect(git(borrowing, "show", head)).toContain("the secret");
    const pointing = path.join(base, "pointing");
    mkdirSync(pointing);
    writeFileSync(path.join(pointing, ".git"), `gitdir: ${secret}/.git\n`);
    const elsewhere = repository("elsewhere");
    git(elsewhere, "config", "core.worktree", secret);
    for (const [at, action, value] of [
      [borrowing, "show", { revision: head }],
      [borrowing, "show", { revision: `${head}:notes.txt` }],
      [pointing, "log", {}],
      [pointing, "show", {}],
      [elsewhere, "status", {}],
    ] as const) {
      const ran = await ask(at, action, value);
      const text = ran.kind === "execution" ? Buffer.from(ran.stdout).toString() : "refused";
      expect(text).not.toContain("secret");
      expect([action, ran.kind === "execution" && ran.exitCode]).toEqual([action, 128]);
    }
  });
});

describe.runIf(confined)("a hostile argument", () => {
  test("is no option, and reads no file outside of the repository [L19]", async () => {
    const at = repository("arguments");
    const before = tree(at);
    for (const revision of ["--output=stolen", "-O/tmp/x", "--no-index", "--ext-diff", "-"]) {
      for (const [action, value] of [
        ["log", { revision }],
        ["show", { revision }],
        ["diff", { from: revision }],
        ["diff", { to: revision }],
        ["files", { revision }],
        ["grep", { text: "x", revision }],
        ["grep", { text: revision }],
        ["blame", { path: "notes.txt", revision }],
      ] as const) {
        expect(await ask(at, action, value)).toMatchObject({
          kind: "refusal",
          findings: [{ code: "ARGUMENT_REFUSED" }],
        });
      }
    }
    for (const [action, value] of [
      ["diff", { path: "/etc/passwd" }],
      ["diff", { from: "/dev/null", to: "/etc/passwd" }],
      ["blame", { path: "../../etc/passwd" }],
      ["blame", { path: "--contents=/etc/passwd" }],
      ["show", { revision: "HEAD:../../etc/passwd" }],
      ["log", { path: "--output=stolen" }],
      ["log", { revision: "HEAD --output=stolen" }],
    ] as const) {
      const ran = await ask(at, action, value);
      const text = ran.kind === "execution" ? Buffer.from(ran.stdout).toString() : "";
      expect(text).not.toContain("root:");
    }
    expect(tree(at)).toEqual(before);
  });

  test("changes nothing about the level: without a sandbox nothing runs", async () => {
    const refused = await runtime.invoke({
      skill: "git-readonly",
      action: "log",
      args: { kind: "json", value: {} },
      roots: { repository: repository("unconfined") },
      caller: { transport: "test" },
      level: "none",
    });
    expect(refused).toMatchObject({ kind: "refusal", stage: "sandbox" });
  });
});
