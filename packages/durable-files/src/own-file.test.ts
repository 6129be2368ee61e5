import { execFileSync } from "node:child_process";
import { chmod, chown, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openOwnFile, openRegularFile } from "./own-file.ts";

const isRoot: boolean = process.geteuid?.() === 0;
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-own-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("a file of ours", () => {
  test("is opened; a link, a FIFO and a folder are not", async () => {
    const path = join(folder, "file");
    await writeFile(path, "x", { mode: 0o600 });
    const handle = await openOwnFile(path);
    expect((await handle.readFile()).toString()).toBe("x");
    await handle.close();
    await symlink(path, join(folder, "link"));
    execFileSync("sh", ["-c", `mkfifo "$0"`, join(folder, "fifo")]);
    for (const name of ["link", "fifo", "."]) {
      await expect(openOwnFile(join(folder, name))).rejects.toMatchObject({
        code: "FILE_NOT_REGULAR",
      });
    }
    await expect(openOwnFile(join(folder, "none"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.each([0o640, 0o604, 0o620])("is refused with mode %o, though readable", async (mode) => {
    const path = join(folder, "file");
    await writeFile(path, "x");
    await chmod(path, mode);
    await expect(openOwnFile(path)).rejects.toMatchObject({ code: "FILE_NOT_PRIVATE" });
    await (await openRegularFile(path)).close();
  });

  test.skipIf(!isRoot)("is refused when it is another uid's (needs root to make one)", async () => {
    const path = join(folder, "file");
    await writeFile(path, "x");
    await chown(path, 65_534, 65_534);
    await expect(openOwnFile(path)).rejects.toMatchObject({ code: "FILE_FOREIGN" });
  });
});
