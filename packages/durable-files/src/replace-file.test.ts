import { spawnSync } from "node:child_process";
import { lstat, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { replaceFile, sweepTemporaries } from "./replace-file.ts";

const child: string = new URL("../test/crash.ts", import.meta.url).pathname;
let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-replace-"));
  path = join(folder, "file");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("replacing a file", () => {
  test("makes it, then gives it new bytes, and leaves nothing else behind", async () => {
    await replaceFile(path, "one");
    await replaceFile(path, Buffer.from("two"), { mode: 0o644 });
    expect(await readFile(path, "utf8")).toBe("two");
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("is private by default, whatever the umask", async () => {
    const old = process.umask(0o277);
    try {
      await replaceFile(path, "one");
    } finally {
      process.umask(old);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("replaces a link and leaves what it points to alone", async () => {
    const target = join(folder, "target");
    await writeFile(target, "precious");
    await symlink(target, path);
    await replaceFile(path, "new");
    expect((await lstat(path)).isFile()).toBe(true);
    expect(await readFile(target, "utf8")).toBe("precious");
  });

  test("tells its steps in order", async () => {
    const steps: string[] = [];
    await replaceFile(path, "x", { faults: (step) => void steps.push(step) });
    expect(steps).toEqual([
      "replace:create",
      "replace:write",
      "replace:sync",
      "replace:rename",
      "replace:sync-folder",
      "replace:done",
    ]);
  });

  test.each(["replace:create", "replace:write", "replace:sync", "replace:rename"])(
    "keeps the old bytes and cleans up when %s fails",
    async (failing) => {
      await writeFile(path, "old");
      const faults = (step: string): void => {
        if (step === failing) {
          throw new Error("ENOSPC: no space left on device");
        }
      };
      await expect(replaceFile(path, "new", { faults })).rejects.toMatchObject({
        code: "FILE_NOT_REPLACED",
        message: expect.stringContaining("ENOSPC") as string,
      });
      expect(await readFile(path, "utf8")).toBe("old");
      expect(await readdir(folder)).toEqual(["file"]);
    },
  );

  test.each([
    ["replace:create", "old", 1],
    ["replace:write", "old", 2],
    ["replace:sync", "old", 2],
    ["replace:rename", "old", 2],
    ["replace:sync-folder", "new", 1],
    ["replace:done", "new", 1],
  ])("survives kill -9 at %s with %s bytes whole", async (step, expected, files) => {
    await writeFile(path, "old ".repeat(1000));
    const { signal } = spawnSync(process.execPath, [
      "--conditions=source",
      child,
      "replace",
      path,
      step,
    ]);
    expect(signal).toBe("SIGKILL");
    expect(await readFile(path, "utf8")).toBe(`${expected} `.repeat(1000));
    expect((await readdir(folder)).length).toBe(files);
    await writeFile(join(folder, ".other.0123456789ab.tmp"), "another file's");
    await sweepTemporaries(path);
    expect(await readdir(folder)).toEqual([".other.0123456789ab.tmp", "file"]);
  });
});
