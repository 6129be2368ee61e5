import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { notedIn, statefulOf, treeOf } from "../deployments.cases.ts";
import { openBackup } from "../operate/backup/read-backup.ts";
import { readHistory } from "../store/deployment-store.ts";
import type { Applied, ApplyOptions, Desired } from "./apply.ts";
import { applyDeployment } from "./apply.ts";
import { rollbackDeployment } from "./rollback.ts";

let base = "";
let store = "";
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "claw-state-"));
  store = join(base, "state");
});
afterEach(() => rmSync(base, { recursive: true }));

const at = (...names: readonly string[]): string => join(base, "openclaw", ...names);
const archives = (): readonly string[] => readdirSync(join(store, "backups"));
const apply = (version: 1 | 2, options: ApplyOptions = {}): Promise<Applied> =>
  applyDeployment(store, statefulOf(base, version), options);
const failing = (desired: Desired): Desired => ({
  ...desired,
  gates: [{ name: "readyz", check: () => Promise.resolve("503 after 60 s") }],
});
const back = (to?: number): ReturnType<typeof rollbackDeployment> =>
  rollbackDeployment(store, statefulOf(base, 2), to === undefined ? {} : { to });

describe("T22: a state that depends on what changes", () => {
  test("is archived before the change, without secrets and workspace, and history names it", async () => {
    expect((await apply(1)).state).toBeUndefined();
    writeFileSync(at("secrets", "gateway-token"), "the-token");
    writeFileSync(at("workspace", "notes.md"), "mine");
    const { state } = await apply(2);
    expect(state).toMatchObject({ archive: "before-000002.tar", files: 1 });
    expect((await readHistory(store)).map((record) => record.state)).toEqual([undefined, state]);
    const archive = join(store, "backups", "before-000002.tar");
    expect(statSync(archive).mode & 0o777).toBe(0o600);
    const backup = await openBackup(archive);
    await backup.close();
    const { files, left } = backup.manifest;
    expect(files.map(({ path }) => path)).toEqual(["state.sqlite"]);
    expect(left).toEqual(["secrets: secrets are in no backup", "workspace: it stays where it is"]);
    expect([notedIn(base), await apply(2)]).toEqual([
      "12",
      { outcome: "unchanged", changes: [], recovered: false },
    ]);
  });

  test("comes back with its generation; workspace and a rotated token stay those of now", async () => {
    await apply(1);
    await apply(2);
    appendFileSync(at("state.sqlite"), "2");
    writeFileSync(at("secrets", "gateway-token"), "rotated");
    writeFileSync(at("workspace", "notes.md"), "later");
    symlinkSync("/nowhere", at("workspace", "link"));
    const done = await back();
    expect(done).toMatchObject({
      outcome: "applied",
      restored: { archive: "before-000002.tar" },
      state: { archive: "before-000003.tar" },
    });
    // As generation 1 had left it, and started once more.
    expect(notedIn(base)).toBe("11");
    expect(treeOf(at("secrets"))).toEqual({ "gateway-token": expect.stringContaining("rotated") });
    expect(readFileSync(at("workspace", "notes.md"), "utf8")).toBe("later");
    expect(readdirSync(at("workspace"))).toEqual(["link", "notes.md"]);
    expect(readdirSync(base).filter((name) => name.includes("openclaw"))).toEqual(["openclaw"]);
  });

  test("of before a rollback comes back by another one", async () => {
    await apply(1);
    await apply(2);
    appendFileSync(at("state.sqlite"), "2");
    await back();
    const again = await back(2);
    expect(again).toMatchObject({ restored: { archive: "before-000003.tar" } });
    expect(notedIn(base)).toBe("1222");
  });

  test("is put back when a gate says no, and no archive stays", async () => {
    await apply(1);
    const done = await applyDeployment(store, failing(statefulOf(base, 2)));
    expect([done.outcome, done.state]).toEqual(["rolled-back", undefined]);
    // What ran before was started again.
    expect([notedIn(base), archives()]).toEqual(["11", []]);
    expect((await readHistory(store)).at(-1)?.state).toBeUndefined();
  });

  test("is put back when a rollback fails, too", async () => {
    await apply(1);
    await apply(2);
    const done = await rollbackDeployment(store, failing(statefulOf(base, 2)));
    expect([done.outcome, done.restored]).toEqual(["rolled-back", undefined]);
    expect([notedIn(base), archives()]).toEqual(["122", ["before-000002.tar"]]);
  });

  test("is left alone by a change on which it does not depend", async () => {
    const calm = (version: 1 | 2): Desired => {
      const { state, ...rest } = statefulOf(base, version);
      if (state === undefined) throw new Error("the case has a state");
      return { ...rest, state: { ...state, dependsOn: () => false } };
    };
    await applyDeployment(store, calm(1));
    const { state } = await applyDeployment(store, calm(2));
    const done = await rollbackDeployment(store, calm(2));
    expect([state, done.restored, done.state]).toEqual([undefined, undefined, undefined]);
    expect([notedIn(base), archives()]).toEqual(["121", []]);
  });

  test("is archived and everything started anew where no file changes, when that is asked for", async () => {
    await apply(1);
    const done = await apply(1, { recreate: true });
    expect([done.outcome, done.changes, done.state?.archive]).toEqual([
      "applied",
      [],
      "before-000002.tar",
    ]);
    expect(notedIn(base)).toBe("11");
  });
});

describe("T22: archives of states", () => {
  test("are five at most; a rollback to a state that is gone is refused, with the state of now it is not", async () => {
    for (const version of [1, 2, 1, 2, 1, 2, 1] as const) await apply(version);
    expect(archives().toSorted()).toEqual([3, 4, 5, 6, 7].map((one) => `before-00000${one}.tar`));
    const before = [treeOf(join(base, "etc")), notedIn(base)];
    await expect(back(1)).rejects.toMatchObject({ code: "ROLLBACK_STATE" });
    await expect(back(1)).rejects.toThrow(/only the last ones are kept/u);
    expect([treeOf(join(base, "etc")), notedIn(base)]).toEqual(before);
    const { state: _, ...files } = statefulOf(base, 2);
    expect((await rollbackDeployment(store, files, { to: 2 })).outcome).toBe("applied");
  });

  test("are those that history says, byte for byte", async () => {
    await apply(1);
    await apply(2);
    await apply(1);
    const [one, other] = ["before-000002.tar", "before-000003.tar"].map((name) =>
      join(store, "backups", name),
    );
    const bytes = readFileSync(one ?? "");
    writeFileSync(one ?? "", readFileSync(other ?? ""));
    await expect(back(1)).rejects.toMatchObject({ code: "ROLLBACK_STATE" });
    // The content of its only file: a block before the two that end it.
    const content = bytes.length - 3 * 512;
    bytes[content] = (bytes[content] ?? 0) ^ 1;
    writeFileSync(one ?? "", bytes);
    await expect(back(1)).rejects.toMatchObject({ code: "RESTORE_ARCHIVE" });
    expect(notedIn(base)).toBe("121");
  });

  test("that do not fit are refused before anything is stopped or written", async () => {
    await apply(1);
    const { bavail, bsize } = statfsSync(base);
    writeFileSync(at("large"), "");
    truncateSync(at("large"), bavail * bsize);
    const before = treeOf(join(base, "etc"));
    const refused = apply(2);
    await expect(refused).rejects.toMatchObject({ code: "BACKUP_SPACE" });
    await expect(refused).rejects.toThrow(/expected \d+ bytes of free space .* got \d+/u);
    expect([treeOf(join(base, "etc")), notedIn(base)]).toEqual([before, "1"]);
    expect(await readHistory(store)).toHaveLength(1);
  });
});
