import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openAppendLog } from "./append-log.ts";

const child: string = new URL("../test/crash.ts", import.meta.url).pathname;
let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-append-"));
  path = join(folder, "log");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("appending", () => {
  test("adds bytes at the end, also at an end that another handle moved", async () => {
    const one = await openAppendLog(path);
    const two = await openAppendLog(path);
    expect(await one.append(Buffer.from("a\n"))).toEqual({ offset: 0 });
    expect(await two.append(Buffer.from("bc\n"))).toEqual({ offset: 2 });
    expect(await one.append(Buffer.from("d\n"))).toEqual({ offset: 5 });
    expect([one.size, two.size, await two.refresh()]).toEqual([7, 5, 7]);
    expect(Buffer.from(await two.read(2, 100)).toString()).toBe("bc\nd\n");
    await one.close();
    await two.close();
    expect(await readFile(path, "utf8")).toBe("a\nbc\nd\n");
  });

  test("completes a tail, and refuses to leave a hole or to cut anything off", async () => {
    await writeFile(path, "first\nsec");
    const log = await openAppendLog(path);
    await log.writeTail(6, Buffer.from("second\n"));
    await expect(log.writeTail(14, Buffer.from("x"))).rejects.toMatchObject({
      code: "APPEND_LOG_TAIL",
    });
    await expect(log.writeTail(0, Buffer.from("x"))).rejects.toMatchObject({
      code: "APPEND_LOG_TAIL",
    });
    await log.close();
    expect(await readFile(path, "utf8")).toBe("first\nsecond\n");
  });

  test("gives back what was appended, in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        async (parts) => {
          await writeFile(path, "");
          const log = await openAppendLog(path);
          for (const part of parts) {
            await log.append(part);
          }
          await log.close();
          expect(await readFile(path)).toEqual(Buffer.concat(parts));
        },
      ),
      { numRuns: 20 },
    );
  });

  test("tells its steps", async () => {
    const steps: string[] = [];
    const log = await openAppendLog(path, { faults: (step) => void steps.push(step) });
    await log.append(Buffer.from("a"));
    await log.close();
    expect(steps).toEqual(["append:write", "append:sync", "append:done"]);
  });

  test.each([
    ["append:write", "old\n"],
    ["append:sync", "old\nnew\n"],
    ["append:done", "old\nnew\n"],
  ])("survives kill -9 at %s", async (step, expected) => {
    await writeFile(path, "old\n");
    const args = ["--conditions=source", child, "append", path, step];
    expect(spawnSync(process.execPath, args).signal).toBe("SIGKILL");
    expect(await readFile(path, "utf8")).toBe(expected);
  });

  test("goes through no link, into no FIFO, and makes nothing unless told", async () => {
    await symlink(join(folder, "elsewhere"), path);
    await expect(openAppendLog(path)).rejects.toMatchObject({ code: "ELOOP" });
    const fifo = join(folder, "fifo");
    execFileSync("sh", ["-c", `mkfifo "$0"`, fifo]);
    await expect(openAppendLog(fifo)).rejects.toMatchObject({ code: "APPEND_LOG_NOT_REGULAR" });
    const none = join(folder, "none");
    await expect(openAppendLog(none, { create: false })).rejects.toMatchObject({ code: "ENOENT" });
  });
});
