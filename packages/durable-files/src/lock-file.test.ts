import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { lockFile, openLock } from "./lock-file.ts";

const child: string = new URL("../test/crash.ts", import.meta.url).pathname;
let folder = "";
let path = "";

function start(action: string, target: string): ChildProcess {
  return spawn(process.execPath, ["--conditions=source", child, action, target], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-lock-"));
  path = join(folder, "lock");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("a lock", () => {
  test("keeps a second handle of the same process out, and names the holder", async () => {
    const lock = await lockFile(path);
    await expect(lockFile(path, { waitMs: 0 })).rejects.toMatchObject({
      code: "FILE_LOCKED",
      message: expect.stringContaining(`process ${process.pid} holds it`) as string,
    });
    lock.close();
    const next = await lockFile(path, { waitMs: 0 });
    expect(next.held).toBe(true);
    next.close();
  });

  test("is given to who waits as soon as it is free", async () => {
    const first = await lockFile(path);
    const second = lockFile(path);
    first.release();
    expect((await second).held).toBe(true);
    (await second).close();
    await first.take();
    first.close();
    first.close();
  });

  test("frees itself when its holder is killed", async () => {
    const holder = start("lock", path);
    await once(holder.stdout as NodeJS.ReadableStream, "data");
    await expect(lockFile(path, { waitMs: 0 })).rejects.toMatchObject({
      message: expect.stringContaining(`process ${holder.pid} holds it`) as string,
    });
    holder.kill("SIGKILL");
    await once(holder, "exit");
    (await lockFile(path, { waitMs: 0 })).close();
  });

  test("lets one of four processes in at a time", async () => {
    const counter = join(folder, "counter");
    await writeFile(counter, "0");
    const children = Array.from({ length: 4 }, () => start("count", counter));
    const codes = await Promise.all(children.map((process) => once(process, "exit")));
    expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
    expect(await readFile(counter, "utf8")).toBe("100");
  });

  test("stops waiting when told to", async () => {
    const lock = await lockFile(path);
    const controller = new AbortController();
    const waiting = lockFile(path, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow(/enough|aborted/u);
    lock.close();
  });

  test("is not made of a link, of a file with something in it, or beside a journal", async () => {
    const precious = join(folder, "precious");
    await writeFile(precious, "precious");
    await symlink(precious, path);
    await expect(lockFile(path)).rejects.toMatchObject({ code: "ELOOP" });
    await expect(openLock(precious)).rejects.toMatchObject({ code: "LOCK_DAMAGED" });
    await writeFile(join(folder, "other-journal"), "");
    await expect(openLock(join(folder, "other"))).rejects.toMatchObject({ code: "LOCK_DAMAGED" });
    expect(await readFile(precious, "utf8")).toBe("precious");
  });

  test("does not write through a link in the holder's place", async () => {
    const precious = join(folder, "precious");
    await writeFile(precious, "precious");
    await symlink(precious, `${path}.holder`);
    (await lockFile(path)).close();
    expect(await readFile(precious, "utf8")).toBe("precious");
    expect(await readdir(folder)).toEqual(["lock", "lock.holder", "precious"]);
  });
});
