import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { treeOf } from "../../deployments.cases.ts";
import { openBackup } from "./read-backup.ts";
import { finishRestore, restoreState } from "./restore-state.ts";
import { writeBackup } from "./write-backup.ts";

let base = "";
let state = "";
const deep = `${"long-".repeat(18)}x/${"name-".repeat(18)}y.md`;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "claw-backup-"));
  state = join(base, "state");
  mkdirSync(join(state, "workspace", deep.split("/")[0] ?? ""), { recursive: true });
  mkdirSync(join(state, "secrets"), { mode: 0o700 });
  chmodSync(state, 0o700);
  writeFileSync(join(state, "secrets", "gateway-token"), "old-token\n", { mode: 0o600 });
  writeFileSync(join(state, "state.sqlite"), Buffer.alloc(300_000, 7), { mode: 0o600 });
  writeFileSync(join(state, "workspace", deep), "deep", { mode: 0o600 });
  writeFileSync(join(state, "empty"), "", { mode: 0o600 });
  symlinkSync("/etc/passwd", join(state, "link"));
});
afterEach(() => rmSync(base, { recursive: true }));

const file = (): string => join(base, "home.tar");
const source = { name: "home", profile: "notebook", openclaw: "2026.9.6", spec: "deploy: 1\n" };
const backUp = (): ReturnType<typeof writeBackup> => writeBackup({ ...source, state }, file());

test("L23: a backup is one archive of mode 0600 that tar reads; secrets and links are not in it", async () => {
  const manifest = await backUp();
  expect(manifest.files.map(({ path }) => path)).toEqual([
    "empty",
    "state.sqlite",
    `workspace/${deep}`,
  ]);
  expect(manifest.left).toEqual(["link: a link", "secrets: secrets are in no backup"]);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(readFileSync(file(), "latin1")).not.toContain("old-token");
  const listed = execFileSync("tar", ["tf", file()], { encoding: "utf8" }).trim().split("\n");
  expect(listed).toEqual([
    "manifest.json",
    "state/empty",
    "state/state.sqlite",
    `state/workspace/${deep}`,
  ]);
  expect(readdirSync(base).toSorted()).toEqual(["home.tar", "state"]);
});

test("L23: restore gives back every byte, keeps the token of now and the state before", async () => {
  await backUp();
  const before = treeOf(state);
  writeFileSync(join(state, "state.sqlite"), "later");
  writeFileSync(join(state, "secrets", "gateway-token"), "rotated\n", { mode: 0o600 });
  const backup = await openBackup(file());
  const done = await restoreState(backup, state);
  await backup.close();
  const { link: _, "secrets/gateway-token": old, ...files } = before;
  expect(old).toBe("600 old-token\n");
  expect(treeOf(state)).toEqual({ ...files, "secrets/gateway-token": "600 rotated\n" });
  expect(readFileSync(join(done.before ?? "", "state.sqlite"), "utf8")).toBe("later");
  expect(statSync(state).mode & 0o777).toBe(0o700);
});

test("L23: a backup is refused inside of what it is of, over another file, and where nothing can be written", async () => {
  for (const inside of ["x.tar", "workspace/x.tar"]) {
    await expect(writeBackup({ ...source, state }, join(state, inside))).rejects.toMatchObject({
      code: "BACKUP_INSIDE",
    });
  }
  symlinkSync(state, join(base, "elsewhere"));
  await expect(
    writeBackup({ ...source, state }, join(base, "elsewhere", "x.tar")),
  ).rejects.toMatchObject({ code: "BACKUP_INSIDE" });
  writeFileSync(file(), "mine");
  await expect(backUp()).rejects.toMatchObject({ code: "BACKUP_EXISTS" });
  expect(readFileSync(file(), "utf8")).toBe("mine");
  await expect(writeBackup({ ...source, state }, join(base, "no", "x.tar"))).rejects.toMatchObject({
    code: "BACKUP_NOT_WRITTEN",
  });
});

test.each(["backup:create", "backup:file", "backup:publish"])(
  "a backup that fails at %s leaves nothing",
  async (step) => {
    const faults = (name: string): void => {
      if (name === step) throw new Error("disk is full");
    };
    await expect(writeBackup({ ...source, state }, file(), { faults })).rejects.toMatchObject({
      code: "BACKUP_NOT_WRITTEN",
    });
    expect(readdirSync(base)).toEqual(["state"]);
  },
);

test("a file that changes while it is backed up is no backup", async () => {
  const faults = (name: string): void => {
    if (name === "backup:file")
      writeFileSync(join(state, "state.sqlite"), Buffer.alloc(300_000, 8));
  };
  await expect(writeBackup({ ...source, state }, file(), { faults })).rejects.toMatchObject({
    code: "BACKUP_CHANGED",
  });
  expect(existsSync(file())).toBe(false);
});

test.each(["restore:file", "restore:ready", "restore:old-away", "restore:in-place"])(
  "T22: a restore that ends at %s leaves the old state or the new one, never a mixture",
  async (step) => {
    await backUp();
    writeFileSync(join(state, "state.sqlite"), "later");
    const before = treeOf(state);
    const backup = await openBackup(file());
    const faults = (name: string): void => {
      if (name === step) throw new Error("killed");
    };
    await expect(restoreState(backup, state, { faults })).rejects.toThrow(/killed/u);
    await finishRestore(state);
    const now = treeOf(state);
    if (step === "restore:in-place") expect(now["state.sqlite"]).toContain("\u0007");
    else expect(now).toEqual(before);
    expect(readdirSync(base).filter((name) => name.startsWith("."))).toEqual([]);
    await restoreState(backup, state);
    expect(statSync(join(state, "state.sqlite")).size).toBe(300_000);
    await backup.close();
  },
);

test("what a backup leaves out by name is said in it, and a workspace of now stays when it is restored", async () => {
  const manifest = await writeBackup({ ...source, state }, file(), {
    leave: { workspace: "it stays where it is" },
  });
  expect(manifest.files.map(({ path }) => path)).toEqual(["empty", "state.sqlite"]);
  expect(manifest.left).toContain("workspace: it stays where it is");
  writeFileSync(join(state, "workspace", "notes.md"), "later");
  writeFileSync(join(state, "empty"), "later");
  const backup = await openBackup(file());
  const { before } = await restoreState(backup, state);
  await backup.close();
  expect(readFileSync(join(state, "workspace", "notes.md"), "utf8")).toBe("later");
  expect(readFileSync(join(state, "empty"), "utf8")).toBe("");
  expect(readFileSync(join(before ?? "", "empty"), "utf8")).toBe("later");
});

test("where OpenClaw's part alone is replaced, killed at any step, the workspace of now is in place at the end", async () => {
  await writeBackup({ ...source, state }, file(), { leave: { workspace: "it stays" } });
  const steps = ["restore:ready", "restore:old-away", "restore:in-place", "restore:workspace"];
  for (const step of [...steps, "restore:remove"]) {
    writeFileSync(join(state, "workspace", "notes.md"), step);
    rmSync(join(state, "workspace", deep.split("/")[0] ?? ""), { recursive: true, force: true });
    const backup = await openBackup(file());
    const killed = restoreState(backup, state, {
      ownPart: true,
      faults: (name) => {
        if (name === step) throw new Error("killed");
      },
    });
    await expect(killed).rejects.toThrow("killed");
    await finishRestore(state);
    await finishRestore(state);
    expect(treeOf(join(state, "workspace"))).toEqual({
      "notes.md": expect.stringContaining(step),
    });
    await backup.close();
  }
  expect(readdirSync(base).filter((name) => name.includes("state"))).toEqual(["state"]);
});

test("two workspaces are both kept: the state before is not removed then", async () => {
  await writeBackup({ ...source, state }, file(), { leave: { workspace: "it stays" } });
  const backup = await openBackup(file());
  const killed = restoreState(backup, state, {
    ownPart: true,
    faults: (name) => {
      if (name === "restore:workspace") throw new Error("killed");
    },
  });
  await expect(killed).rejects.toThrow("killed");
  await backup.close();
  mkdirSync(join(state, "workspace"));
  await finishRestore(state);
  expect(existsSync(join(`${state}.before-restore-1`, "workspace", deep))).toBe(true);
});
