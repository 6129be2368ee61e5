import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { withMessageBeside } from "./private-message.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ck-message-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("C20: who calls gives it to itself, where nobody else looks", async () => {
  const seen = await withMessageBeside({ cwd: folder }, "a question", (file) => {
    expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    expect([readFileSync(file, "utf8"), readdirSync(folder)]).toEqual(["a question", []]);
    return Promise.resolve(file);
  });
  expect(existsSync(seen)).toBe(false);
});

test("C20: an account gets it in the folder that its service works in, as a cage shows it", async () => {
  const id = process.geteuid?.() === 0 ? 65_534 : (process.geteuid?.() ?? 0);
  const account = {
    uid: id,
    gid: process.geteuid?.() === 0 ? 65_534 : (process.getegid?.() ?? 0),
    groups: [],
  };
  const binds = [
    { source: "/opt", target: "/opt", writable: false },
    { source: folder, target: "/home/node/.openclaw", writable: true },
  ];
  const caged = {
    account,
    cwd: "/home/node/.openclaw",
    cage: { binds, scratch: [], network: "none" },
  } as const;
  const failed = withMessageBeside(caged, "a question", (file) => {
    expect(dirname(file)).toBe("/home/node/.openclaw");
    const here = join(folder, basename(file));
    const { mode, uid, gid } = statSync(here);
    expect([readFileSync(here, "utf8"), mode & 0o777, uid, gid]).toEqual([
      "a question",
      0o600,
      account.uid,
      account.gid,
    ]);
    return Promise.reject(new Error("no answer"));
  });
  await expect(failed).rejects.toThrow("no answer");
  expect(readdirSync(folder)).toEqual([]);
});
