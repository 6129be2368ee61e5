import { spawnSync } from "node:child_process";
import {
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { sampleStart } from "../test/sample-records.ts";
import { logPaths } from "./log-paths.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";

const isRoot: boolean = process.geteuid?.() === 0;
let base = "";
let folder = "";

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-folder-"));
  folder = join(base, "audit");
  const log = await openAuditLog({ folder });
  await log.start(sampleStart);
  await log.start(sampleStart);
  await log.close();
});

afterEach(async () => {
  await rm(base, { recursive: true });
});

async function codes(path: string = folder): Promise<string[]> {
  const { findings } = await verifyAuditLog(path);
  return findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);
}

describe("the folder of a log", () => {
  test("is refused by a writer when it is a link or open to others", async () => {
    await symlink(folder, join(base, "link"));
    await expect(openAuditLog({ folder: join(base, "link") })).rejects.toMatchObject({
      code: "FOLDER_IS_LINK",
    });
    await chmod(folder, 0o750);
    await expect(openAuditLog({ folder })).rejects.toMatchObject({ code: "FOLDER_NOT_PRIVATE" });
    expect(await codes()).toEqual(["AUDIT_FOLDER_OPEN"]);
  });

  test.skipIf(!isRoot)("is refused when another uid owns it (needs root to make one)", async () => {
    await chown(folder, 65_534, 65_534);
    await expect(openAuditLog({ folder })).rejects.toMatchObject({ code: "FOLDER_FOREIGN" });
  });

  test.skipIf(!isRoot)("is closed to another uid (needs root to be one)", async () => {
    await chmod(base, 0o755);
    const read = (name: string): number | null =>
      spawnSync("cat", [join(folder, name)], { uid: 65_534, gid: 65_534 }).status;
    for (const name of ["key", "log.ndjson", "head.0"]) {
      expect(read(name)).toBe(1);
    }
    await chmod(folder, 0o755);
    expect(read("key")).toBe(1);
  });
});

describe("the files of a log", () => {
  test("are refused when the key was open to others, or is another key", async () => {
    const { key } = logPaths(folder);
    await chmod(key, 0o640);
    await expect(openAuditLog({ folder })).rejects.toMatchObject({ code: "FILE_NOT_PRIVATE" });
    expect(await codes()).toEqual(["AUDIT_KEY_EXPOSED"]);
    await (await openAuditLog({ folder: join(base, "other") })).close();
    await cp(logPaths(join(base, "other")).key, key);
    await chmod(key, 0o600);
    await expect(openAuditLog({ folder })).rejects.toMatchObject({ code: "AUDIT_HEAD_SIGNATURE" });
    expect(await codes()).toEqual(["AUDIT_KEY_MISMATCH"]);
    await writeFile(key, "PRIVATE+KEY+x");
    await expect(openAuditLog({ folder })).rejects.toMatchObject({ code: "NOTE_KEY_MALFORMED" });
    expect(await codes()).toEqual(["AUDIT_KEY_MISMATCH"]);
  });

  test("are not read through links", async () => {
    const { log, slots } = logPaths(folder);
    for (const path of [log, slots[0]]) {
      await cp(path, join(base, "copy"));
      await rm(path);
      await symlink(join(base, "copy"), path);
      await expect(openAuditLog({ folder })).rejects.toThrow(/link/u);
      await expect(verifyAuditLog(folder)).rejects.toMatchObject({ code: "FILE_NOT_REGULAR" });
      await rm(path);
      await cp(join(base, "copy"), path);
      await chmod(path, 0o600);
      expect(await codes()).toEqual([]);
    }
  });

  test.each<[string, (paths: ReturnType<typeof logPaths>) => Promise<void>, string, string]>([
    ["no log", ({ log }) => rm(log), "AUDIT_LOG_DAMAGED", "AUDIT_LOG_MISSING"],
    [
      "no head",
      async ({ slots }) => {
        for (const slot of slots) await rm(slot);
      },
      "AUDIT_HEAD_MISSING",
      "AUDIT_HEAD_MISSING",
    ],
    [
      "more than the head says",
      ({ log }) => appendFile(log, "{}\n"),
      "AUDIT_LOG_DAMAGED",
      "AUDIT_LOG_BEYOND_HEAD",
    ],
    [
      "a head of nothing",
      async ({ slots }) => {
        for (const slot of slots) await writeFile(slot, "");
      },
      "AUDIT_HEAD_MISSING",
      "AUDIT_HEAD_MISSING",
    ],
    [
      "another end",
      async ({ log }) => {
        const bytes = await readFile(log);
        bytes[bytes.length - 5] = 0x41;
        await writeFile(log, bytes);
      },
      "AUDIT_LOG_DAMAGED",
      "AUDIT_TAIL_CHANGED",
    ],
  ])("with %s are left as they are by a writer", async (_, damage, refused, found) => {
    const paths = logPaths(folder);
    await damage(paths);
    const before = await readFile(paths.log).catch(() => undefined);
    await expect(openAuditLog({ folder })).rejects.toMatchObject({ code: refused });
    expect(await readFile(paths.log).catch(() => undefined)).toEqual(before);
    expect(await codes()).toContain(found);
  });

  test("are looked at again before each record, and not only on opening", async () => {
    const log = await openAuditLog({ folder });
    await appendFile(logPaths(folder).log, "{}\n");
    await expect(log.start(sampleStart)).rejects.toMatchObject({ code: "AUDIT_LOG_DAMAGED" });
    await log.close();
  });

  test("with zero bytes at the end are repaired on the record", async () => {
    const { log } = logPaths(folder);
    const bytes = await readFile(log);
    await writeFile(log, Buffer.from(bytes).fill(0, bytes.length - 100));
    expect(await codes()).toEqual(["AUDIT_TAIL_ZEROED"]);
    await (await openAuditLog({ folder })).close();
    expect(await codes()).toEqual([]);
    expect((await readFile(log)).subarray(0, bytes.length)).toEqual(bytes);
    expect((await readFile(log, "utf8")).slice(bytes.length)).toContain('"type":"log-healed"');
  });

  test("can be verified as a copy without key and lock, by whoever may read them", async () => {
    const copy = join(base, "copy");
    await mkdir(copy, { mode: 0o700 });
    for (const name of ["log.ndjson", "head.0", "head.1", "head.2", "verifier"]) {
      await cp(join(folder, name), join(copy, name));
    }
    expect(await codes(copy)).toEqual([]);
    await expect(openAuditLog({ folder: copy })).rejects.toMatchObject({
      code: "AUDIT_KEY_MISSING",
    });
  });
});
