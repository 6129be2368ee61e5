import { spawnSync } from "node:child_process";
import { chmod, chown, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { giveToContainer } from "./container-secret.ts";
import { ensureToken, rotateToken } from "./ensure-token.ts";

let folder = "";
let source = "";
let target = "";
const self = process.geteuid?.() ?? 0;
const isRoot = self === 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-container-"));
  source = join(folder, "secrets", "gateway-token");
  target = join(folder, "secrets", "container", "gateway-token");
  await ensureToken(source);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const facts = async (path: string): Promise<string> => {
  const { uid, mode, nlink } = await stat(path);
  return `${uid} ${(mode & 0o777).toString(8)} ${nlink}`;
};

test("S12, C13: the container's user gets a copy of mode 0400, and a second call writes nothing", async () => {
  const uid = isRoot ? 1000 : self;
  expect(await giveToContainer({ source, target, uid })).toBe(true);
  expect(await facts(target)).toBe(`${uid} 400 1`);
  expect(await facts(source)).toBe(`${self} 600 1`);
  expect((await stat(join(folder, "secrets", "container"))).mode & 0o777).toBe(0o700);
  expect(await readFile(target)).toEqual(await readFile(source));
  expect(await giveToContainer({ source, target, uid })).toBe(false);
});

test("C23: a token that was rotated reaches the copy, and what was changed by hand is put right", async () => {
  const uid = isRoot ? 1000 : self;
  await giveToContainer({ source, target, uid });
  await rotateToken(source);
  expect(await giveToContainer({ source, target, uid })).toBe(true);
  expect(await readFile(target)).toEqual(await readFile(source));
  await chmod(target, 0o444);
  expect(await giveToContainer({ source, target, uid })).toBe(true);
  expect(await facts(target)).toBe(`${uid} 400 1`);
});

test("a link in the place of the copy is replaced and not followed", async () => {
  const uid = isRoot ? 1000 : self;
  await giveToContainer({ source, target, uid });
  const other = join(folder, "other");
  await writeFile(other, "other", { mode: 0o600 });
  await rm(target);
  await symlink(other, target);
  expect(await giveToContainer({ source, target, uid })).toBe(true);
  expect(await readFile(other, "utf8")).toBe("other");
});

test.skipIf(!isRoot)(
  "S12: that user reads the copy as it is mounted, and neither the folder nor our own file",
  async () => {
    await giveToContainer({ source, target, uid: 1000 });
    const as = (file: string): number | null =>
      spawnSync("cat", [file], { uid: 1000, gid: 1000, cwd: "/", stdio: "ignore" }).status;
    expect([as(target), as(source)]).toEqual([1, 1]);
    // A mount shows the file without the folders above it.
    await chmod(folder, 0o711);
    await chmod(join(folder, "secrets"), 0o711);
    await chmod(join(folder, "secrets", "container"), 0o711);
    expect([as(target), as(source)]).toEqual([0, 1]);
    const nobody = spawnSync("cat", [target], { uid: 65_534, gid: 65_534, stdio: "ignore" });
    expect(nobody.status).toBe(1);
  },
);

test.skipIf(!isRoot)(
  "S12: whoever is neither root nor that user is told what to do, and nothing is written",
  async () => {
    await chown(folder, 65_534, 65_534);
    await chown(join(folder, "secrets"), 65_534, 65_534);
    await chown(source, 65_534, 65_534);
    const call = `import { giveToContainer } from ${JSON.stringify(new URL("container-secret.ts", import.meta.url).href)};
try { await giveToContainer(${JSON.stringify({ source, target, uid: 1000 })}); } catch (error) { console.log(error.code); }`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=source", "--input-type=module", "-e", call],
      { uid: 65_534, gid: 65_534, cwd: "/", encoding: "utf8" },
    );
    expect([stdout, stderr]).toEqual(["CONTAINER_SECRET_OWNER\n", ""]);
    await expect(stat(join(folder, "secrets", "container"))).rejects.toMatchObject({
      code: "ENOENT",
    });
  },
);
