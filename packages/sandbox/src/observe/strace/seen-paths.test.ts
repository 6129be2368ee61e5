import { expect, test } from "vitest";

import { resolveSeen } from "./seen-paths.ts";

const links = new Map([
  ["/bin", "usr/bin"],
  ["/w/out", "/"],
  ["/w/up", ".."],
  ["/w/a", "b"],
  ["/w/b", "a"],
]);
const resolve = (path: string, follow = true): string =>
  resolveSeen(path, follow, (at) => links.get(at));

test("follows links as the kernel does, and leaves what is absent", () => {
  expect(resolve("/bin/true")).toBe("/usr/bin/true");
  expect(resolve("/w/out/etc/passwd")).toBe("/etc/passwd");
  expect(resolve("/w/up/x")).toBe("/x");
  expect(resolve("/w/./none/../y//z")).toBe("/w/y/z");
  expect(resolve("/../..")).toBe("/");
});

test("follows the last one only when asked", () => {
  expect([resolve("/w/out", false), resolve("/w/out", true)]).toEqual(["/w/out", "/"]);
  expect(resolve("/w/out/.", false)).toBe("/w/out");
});

test("ends with links that lead in a circle", () => {
  expect(resolve("/w/a")).toMatch(/^\/w\/[ab]$/u);
});
