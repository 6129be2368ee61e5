import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { folderOwner, makeOwnedFolder } from "./owned-folder.ts";

let parent: string;

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "clawkeep-owned-"));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test("a folder is private, and its owner alive while this process runs", () => {
  const folder = makeOwnedFolder(parent, "run");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(folderOwner(basename(folder))).toBe("alive");
  expect(makeOwnedFolder(parent, "run")).not.toBe(folder);
});

test("the folder of a process that was killed has a dead owner", async () => {
  const script = `import { makeOwnedFolder } from ${JSON.stringify(join(import.meta.dirname, "owned-folder.ts"))};
    process.stdout.write(makeOwnedFolder(${JSON.stringify(parent)}, "run"));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  expect(folderOwner(basename(chunk.toString()))).toBe("alive");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(folderOwner(basename(chunk.toString()))).toBe("dead");
});

test("a pid that another process has by now is no owner", () => {
  const name = basename(makeOwnedFolder(parent, "run"));
  const [prefix = "", mark = "", random = ""] = name.split("-");
  const [pid, ticks, namespace, boot] = mark.split(".");
  const named = (...parts: readonly (string | undefined)[]): string =>
    `${prefix}-${parts.join(".")}-${random}`;
  expect(folderOwner(named(pid, String(Number(ticks) + 1), namespace, boot))).toBe("dead");
  expect(folderOwner(named(pid, ticks, "1", boot))).toBe("unknown");
  expect(folderOwner(named(pid, ticks, namespace, "00000000"))).toBe("unknown");
});

test.each(["run-AbCdEf", "run", "", "run-1.2.3.4-AbCdEf/..", "run-x.2.3.4-AbCdEf"])(
  "nobody can say whose %j is",
  (name) => {
    expect(folderOwner(name)).toBe("unknown");
  },
);
