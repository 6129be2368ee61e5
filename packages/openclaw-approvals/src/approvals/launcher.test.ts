import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, expect, test } from "vitest";

import { launcherPath } from "./launcher-path.ts";
import { launcherText } from "./launcher.ts";

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "ck-launcher-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const workspace = path.join(folder, "it's a workspace");
const entry = path.join(folder, "entry.mjs");
const launcher = launcherPath(folder, "finder");
mkdirSync(workspace);
writeFileSync(
  entry,
  `process.stdout.write(JSON.stringify({ argv: process.argv.slice(2), env: process.env, cwd: process.cwd() }));`,
);
writeFileSync(
  launcher,
  launcherText({
    skill: "finder",
    node: process.execPath,
    entry,
    workspace,
    home: path.join(folder, "state $HOME"),
    programFolders: ["/opt/programs"],
    actions: { query: { index: "/srv/a b" }, "--odd": {} },
    requireSandbox: true,
  }),
);
chmodSync(launcher, 0o755);

interface Seen {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Seen {
  const ended = spawnSync(launcher, args, {
    cwd: "/",
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin", ...env },
  });
  expect(ended.stderr).toBe("");
  return JSON.parse(ended.stdout) as Seen;
}

const fixed = [
  ...["run", "--workspace", workspace, "--program-folder", "/opt/programs"],
  ...["--require-sandbox", "--json"],
];

test("an action and its arguments become one run", () => {
  const { argv, cwd } = run(["query", "query=how do I start", "topk=5"]);
  expect(argv).toEqual([
    ...fixed,
    "--root=index=/srv/a b",
    ...["--arg=query=how do I start", "--arg=topk=5", "--", "finder", "query"],
  ]);
  expect(cwd).toBe(workspace);
});

test.each([
  ["--root", "index=/etc"],
  ["--", "other-skill"],
  ["", "  "],
  ["a\nb", "$(id)", "`id`", "'", '"', "\\", "*", "-n"],
])("%j can only be values", (...args) => {
  const { argv } = run(["query", ...args]);
  const values = args.map((text) => `--arg=${text}`);
  expect(argv).toEqual([...fixed, "--root=index=/srv/a b", ...values, "--", "finder", "query"]);
});

test("an action that looks like an option is an action, with roots of its own", () => {
  expect(run(["--odd", "a=1"]).argv).toEqual([...fixed, "--arg=a=1", "--", "finder", "--odd"]);
});

test("of the environment nothing arrives [S7]", () => {
  const cache = path.join(folder, "compile-cache");
  const { env, cwd } = run(["query"], {
    CLAWKEEP_HOME: "/tmp/elsewhere",
    NODE_COMPILE_CACHE: cache,
    NODE_OPTIONS: "--require /tmp/evil.js",
    TMPDIR: "/tmp/elsewhere",
    ENV: "/tmp/evil.sh",
    PWD: "/tmp",
    OPENCLAW_GATEWAY_TOKEN: "secret",
  });
  expect(env).toEqual({
    PATH: "/usr/bin:/bin",
    LANG: "C.UTF-8",
    CLAWKEEP_HOME: path.join(folder, "state $HOME"),
  });
  expect(cwd).toBe(workspace);
  expect(existsSync(cache)).toBe(false);
});

test.each([[], [""], ["other"], ["--workspace=/etc"], ["quer*"], ["query "]])(
  "no action, or another one (%j): nothing runs",
  (...args) => {
    const ended = spawnSync(launcher, args, { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });
    expect([ended.status, ended.stdout]).toEqual([2, ""]);
  },
);

test("a path that a launcher cannot hold is refused", () => {
  const plan = { skill: "finder", node: "/n", entry, home: "/h", programFolders: [], actions: {} };
  expect(() => launcherText({ ...plan, workspace: "/a\nb", requireSandbox: true })).toThrow(
    expect.objectContaining({ code: "LAUNCHER_PATH" }),
  );
});

test.each(["relative", "/with space", "/with*star", "/", "/~home", "/back\\slash", "/what?"])(
  "the folder %j is refused: OpenClaw would read it as a pattern",
  (where) => {
    expect(() => launcherPath(where, "finder")).toThrow(
      expect.objectContaining({ code: "LAUNCHER_FOLDER" }),
    );
  },
);
