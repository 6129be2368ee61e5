import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Action } from "@clawkeep/skill-format";
import { afterAll, beforeAll, expect, test } from "vitest";

import { resolveRoots } from "./resolve-roots.ts";

let base = "";
let workspace = "";
beforeAll(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-roots-")));
  workspace = path.join(base, "workspace");
  mkdirSync(path.join(workspace, "data"), { recursive: true });
  mkdirSync(path.join(base, "outside"));
  writeFileSync(path.join(workspace, "file"), "");
  symlinkSync(path.join(base, "outside"), path.join(workspace, "link-out"));
  symlinkSync("data", path.join(workspace, "link-in"));
  symlinkSync(workspace, path.join(base, "alias"));
});
afterAll(() => rmSync(base, { recursive: true }));

const withDefault = (folder: string): Action =>
  ({ roots: { data: { access: "read", default: folder } } }) as unknown as Action;

const codes = async (
  action: Action,
  named?: Record<string, string>,
  at: string = workspace,
): Promise<readonly string[]> => {
  const { roots, findings } = await resolveRoots(
    action,
    { workspace: at, home: path.join(base, "state") },
    named,
  );
  return [
    ...roots.map(({ source }) => path.relative(base, source)),
    ...findings.map(({ code }) => code),
  ];
};

test("a default is a folder of the workspace, whatever links lie in it", async () => {
  expect(await codes(withDefault("data"))).toEqual(["workspace/data"]);
  expect(await codes(withDefault("."))).toEqual(["workspace"]);
  expect(await codes(withDefault("link-in"))).toEqual(["workspace/data"]);
  expect(await codes(withDefault("link-out"))).toEqual(["ROOT_OUTSIDE"]);
  expect(await codes(withDefault("file"))).toEqual(["ROOT_MISSING"]);
  expect(await codes(withDefault("absent"))).toEqual(["ROOT_MISSING"]);
  expect(await codes(withDefault("data"), undefined, path.join(base, "alias"))).toEqual([
    "workspace/data",
  ]);
});

test("a folder that the request names may lie anywhere, and is taken by its real path", async () => {
  expect(await codes(withDefault("data"), { data: path.join(base, "outside") })).toEqual([
    "outside",
  ]);
  expect(await codes(withDefault("data"), { data: "link-out" })).toEqual(["outside"]);
  expect(await codes(withDefault("data"), { other: "data" })).toEqual([
    "workspace/data",
    "ROOT_UNKNOWN",
  ]);
});

test("a provided root is a folder of the state folder, made when it is missing, unless the request names one", async () => {
  const provided = {
    roots: { registry: { access: "read", provided: "index-registry" } },
  } as unknown as Action;
  expect(await codes(provided)).toEqual(["state/indexes"]);
  expect(await codes(provided, { registry: path.join(base, "outside") })).toEqual(["outside"]);
});

test("of an audit log only the files without secrets are shown, even of one that the request names", async () => {
  const action = {
    roots: { log: { access: "read", provided: "audit-log" } },
  } as unknown as Action;
  const home = path.join(base, "log-state");
  const other = path.join(base, "other-log");
  for (const folder of [path.join(home, "audit"), other]) {
    mkdirSync(folder, { recursive: true });
    for (const name of ["key", "lock", "log.ndjson", "verifier", "key.old"]) {
      writeFileSync(path.join(folder, name), "");
    }
  }
  for (const named of [{}, { log: other }]) {
    const { roots } = await resolveRoots(action, { workspace, home }, named);
    expect(roots.map(({ files }) => files)).toEqual([["log.ndjson", "verifier"]]);
  }
});
