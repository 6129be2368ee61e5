import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { ensureToken, hasSecret, rotateToken } from "./ensure-token.ts";

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-token-"));
  path = join(folder, "secrets", "gateway-token");
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("C13 G14 T14: a token is 32 random bytes, for its owner only, and is kept on the next run", async () => {
  expect(await hasSecret(path)).toBe(false);
  expect(await ensureToken(path)).toBe(true);
  const token = await readFile(path, "utf8");
  expect(token).toMatch(/^[0-9a-f]{64}\n$/u);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "secrets"))).mode & 0o777).toBe(0o700);
  expect(await ensureToken(path)).toBe(false);
  expect(await readFile(path, "utf8")).toBe(token);
});

test("C13: two tokens differ, and a rotated one is another", async () => {
  await ensureToken(path);
  await ensureToken(`${path}-2`);
  const first = await readFile(path, "utf8");
  expect(await readFile(`${path}-2`, "utf8")).not.toBe(first);
  await rotateToken(path);
  expect(await readFile(path, "utf8")).not.toBe(first);
});

test("C13: a token that others can read, or that lies behind a link, is not taken", async () => {
  await ensureToken(path);
  await chmod(path, 0o644);
  await expect(ensureToken(path)).rejects.toMatchObject({ code: "FILE_NOT_PRIVATE" });
  await writeFile(join(folder, "other"), "x", { mode: 0o600 });
  await symlink(join(folder, "other"), `${path}-link`);
  await expect(ensureToken(`${path}-link`)).rejects.toMatchObject({ code: "FILE_NOT_REGULAR" });
});
