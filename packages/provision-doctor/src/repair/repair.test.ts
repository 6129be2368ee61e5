import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, expect, test } from "vitest";

import { hostAt } from "../scene/host.ts";
import { repair } from "./repair.ts";

const base = mkdtempSync(path.join(tmpdir(), "doctor-repair-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

function file(name: string, mode: number): string {
  const at = path.join(base, name);
  writeFileSync(at, "x");
  chmodSync(at, mode);
  return at;
}

test("a mode is changed, and said", () => {
  const at = file("open", 0o644);
  expect(repair({ kind: "mode", path: at, mode: 0o600 })).toEqual({
    path: at,
    what: "mode 0644 is now 0600",
    isDone: true,
  });
  expect(statSync(at).mode & 0o777).toBe(0o600);
});

test("a link is not followed by any repair", () => {
  const at = file("outside", 0o644);
  const link = path.join(base, "link");
  symlinkSync(at, link);
  expect(repair({ kind: "mode", path: link, mode: 0o600 }).isDone).toBe(false);
  expect(repair({ kind: "remove", what: "file", path: link }).isDone).toBe(false);
  expect(repair({ kind: "folder", path: link, mode: 0o700 }).isDone).toBe(false);
  expect([existsSync(link), statSync(at).mode & 0o777]).toEqual([true, 0o644]);
});

test("what became something else is left as it is", () => {
  const folder = path.join(base, "folder");
  mkdirSync(folder);
  expect(repair({ kind: "remove", what: "file", path: folder }).isDone).toBe(false);
  expect(repair({ kind: "remove", what: "socket", path: file("plain", 0o600) }).isDone).toBe(false);
  expect(repair({ kind: "remove", what: "file", path: path.join(base, "gone") })).toMatchObject({
    what: "not changed: ENOENT",
  });
  expect(existsSync(folder)).toBe(true);
});

test("a host in a folder is never left, by dots or by links on the way", () => {
  const root = path.join(base, "root");
  mkdirSync(path.join(root, "etc"), { recursive: true });
  writeFileSync(path.join(base, "canary"), "outside");
  symlinkSync(base, path.join(root, "etc", "out"));
  symlinkSync(path.join(base, "canary"), path.join(root, "etc", "last"));
  const host = hostAt(root);
  for (const name of ["/etc/out/canary", "/etc/last", "/../canary", "/etc/../../canary"]) {
    expect([name, host.read(name).text]).toEqual([name, undefined]);
  }
  expect(host.names("/etc/out")).toEqual([]);
});
