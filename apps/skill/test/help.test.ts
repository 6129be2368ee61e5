import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { bundle, source } from "./bundle.ts";
import { Place, run } from "./command.ts";

const place = new Place();

test.each([
  [[]],
  [["run"]],
  [["runs"]],
  [["serve"]],
  [["connect"]],
  [["clean"]],
  [["check"]],
  [["pack"]],
  [["preflight"]],
  [["bundle-key"]],
  [["verify"]],
  [["new"]],
  [["sync"]],
  [["test"]],
  [["lock"]],
  [["openclaw-approvals"]],
  [["openclaw-policy"]],
  [["audit"]],
])("%j --help has examples", async (command) => {
  const { code, stdout, stderr } = await place.run([...command, "--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Examples:\n  clawkeep-skill ");
});

test("help loads nothing but the command line itself", async () => {
  const hook = `data:text/javascript,${encodeURIComponent(
    'import{registerHooks}from"node:module";registerHooks({load(u,c,n){process._rawDebug(u);return n(u,c)}})',
  )}`;
  const { code, stderr } = await run(process.execPath, [
    "--conditions=source",
    "--import",
    hook,
    source,
    "--help",
  ]);
  const loaded = stderr.split("\n").filter((url) => url.startsWith("file:"));
  expect(code).toBe(0);
  expect(loaded.length).toBeGreaterThan(3);
  const heavy = /\/(?:zod|yaml|gray-matter|@cfworker)\/|packages\/(?!diagnostics)|\/commands\//u;
  expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
});

test.each([
  [["--nope"], "unknown option"],
  [["nope"], "unknown command"],
  [["run"], "missing required argument"],
  [["run", "x", "--arg"], "argument missing"],
  [["run", "x", "--root", "index"], "expected --root name=value"],
  [["run", "x", "--arg", "a=1", "--args-json", "-"], "expected either --arg or --args-json"],
  [["audit", "show", "--limit", "0"], "expected --limit"],
  [["runs", "wait", "0123456789abcdef", "--timeout", "1.5"], "expected --timeout"],
  [["runs", "stop"], "missing required argument"],
])("%j is a usage error", async (args, message) => {
  const { code, stdout, stderr } = await place.run([...args], {
    cwd: new Place(["say-sh"]).folder,
  });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
});

test("a usage error does not act on the terminal", async () => {
  const { stderr } = await place.run(["--\u001b]52;c;eA\u0007\u202e"]);
  // eslint-disable-next-line no-control-regex -- the point of the test
  expect(stderr).not.toMatch(/[\u001b\u0007\u202e]/u);
});

/** A Node of the system, not the pinned one that runs this. */
function systemNode(): { readonly file: string; readonly version: string } | undefined {
  for (const folder of [...(process.env["PATH"] ?? "").split(":"), "/usr/bin", "/usr/local/bin"]) {
    const file = join(folder, "node");
    if (folder.includes("node_modules") || !existsSync(file)) continue;
    return { file, version: spawnSync(file, ["--version"], { encoding: "utf8" }).stdout.trim() };
  }
  return undefined;
}

test("an old Node says what to do", async (context) => {
  const old = systemNode();
  const [major = 99, minor = 0] = (old?.version ?? "").replace("v", "").split(".").map(Number);
  if (old === undefined || old.version === "" || major > 24 || (major === 24 && minor >= 16)) {
    context.skip(`no old Node here (${old?.version ?? "none"})`);
    return;
  }
  const { code, stderr } = await run(old.file, [bundle, "--help"]);
  expect(code).toBe(2);
  expect(stderr).toContain("NODE_TOO_OLD: expected Node 24.16 or newer");
});
