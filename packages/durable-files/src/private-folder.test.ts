import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ensurePrivateFolder } from "./private-folder.ts";

const isRoot: boolean = process.geteuid?.() === 0;
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-private-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("a private folder", () => {
  test("is made with its parents, for its owner only, whatever the umask", async () => {
    const path = join(folder, "a", "b");
    const old = process.umask(0o027);
    try {
      await ensurePrivateFolder(path);
    } finally {
      process.umask(old);
    }
    for (const made of [path, join(folder, "a")]) {
      expect((await stat(made)).mode & 0o777).toBe(0o700);
    }
    await ensurePrivateFolder(path);
  });

  test.each([0o750, 0o705, 0o777])("is refused when its mode is %o, and left so", async (mode) => {
    const path = join(folder, "open");
    await mkdir(path);
    await chmod(path, mode);
    await expect(ensurePrivateFolder(path)).rejects.toMatchObject({ code: "FOLDER_NOT_PRIVATE" });
    expect((await stat(path)).mode & 0o777).toBe(mode);
  });

  test("is refused when it is a link, with a slash behind it too", async () => {
    await mkdir(join(folder, "real"), { mode: 0o700 });
    await symlink("real", join(folder, "link"));
    for (const path of [join(folder, "link"), `${join(folder, "link")}/`]) {
      await expect(ensurePrivateFolder(path)).rejects.toMatchObject({ code: "FOLDER_IS_LINK" });
    }
  });

  test("is refused when it is a file", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(ensurePrivateFolder(join(folder, "file"))).rejects.toThrow(/EEXIST|folder/u);
  });

  test("is refused below a folder in which anybody could swap it", async () => {
    const parent = join(folder, "parent");
    await mkdir(join(parent, "own"), { recursive: true, mode: 0o700 });
    await chmod(parent, 0o777);
    await expect(ensurePrivateFolder(join(parent, "own"))).rejects.toMatchObject({
      code: "FOLDER_PARENT_OPEN",
    });
    await chmod(parent, 0o1777);
    await ensurePrivateFolder(join(parent, "own"));
  });

  test.skipIf(!isRoot)("is refused when it is another uid's (needs root to make one)", async () => {
    const path = join(folder, "foreign");
    await mkdir(path, { mode: 0o700 });
    await chown(path, 65_534, 65_534);
    await expect(ensurePrivateFolder(path)).rejects.toMatchObject({ code: "FOLDER_FOREIGN" });
  });
});
