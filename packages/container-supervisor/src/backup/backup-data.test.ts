import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { ContainerPlace } from "../settings/container-place.ts";
import { imagePlace } from "../settings/container-place.ts";
import { backupData, healData, restoreData } from "./backup-data.ts";
import { lockData } from "./data-lock.ts";

let base = "";
let place: ContainerPlace;
let archive = "";

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "clawkeep-volume-"));
  chmodSync(base, 0o700);
  place = { ...imagePlace, data: join(base, "data") };
  archive = join(base, "claw.tar");
  fill(place, "first");
});
afterEach(() => rmSync(base, { recursive: true }));

function fill({ data }: ContainerPlace, word: string): void {
  for (const [file, text] of [
    ["openclaw/sessions/one.jsonl", `session ${word}`],
    ["workspace/note.md", `note ${word}`],
    ["clawkeep/log/head", `record ${word}`],
    ["secrets/gateway-token", `token ${word}`],
    ["ollama/blobs/sha256-1", `weights ${word}`],
    ["config/openclaw.json", `{"${word}":1}`],
  ] as const) {
    mkdirSync(join(data, file, ".."), { recursive: true, mode: 0o700 });
    writeFileSync(join(data, file), text);
  }
}

const text = (file: string): string => readFileSync(join(place.data, file), "utf8");

test("L23: state, workspace and records go to another volume; models, configuration and secrets do not", async () => {
  const { files } = await backupData(place, archive);
  expect(files.map(({ path }) => path)).toEqual([
    "clawkeep/log/head",
    "openclaw/sessions/one.jsonl",
    "workspace/note.md",
  ]);
  const bytes = readFileSync(archive, "latin1");
  for (const word of ["token first", "weights first"]) expect(bytes).not.toContain(word);
  place = { ...place, data: join(base, "other") };
  fill(place, "second");
  const { files: count, before } = await restoreData(place, archive);
  expect(count).toBe(3);
  expect([
    text("openclaw/sessions/one.jsonl"),
    text("workspace/note.md"),
    text("clawkeep/log/head"),
  ]).toEqual(["session first", "note first", "record first"]);
  expect([text("secrets/gateway-token"), text("ollama/blobs/sha256-1")]).toEqual([
    "token second",
    "weights second",
  ]);
  expect(before.map((folder) => readdirSync(folder).length)).toEqual([1, 1, 1]);
});

test("L23: what was there before a restore is in no later backup", async () => {
  await backupData(place, archive);
  await restoreData(place, archive);
  const again = await backupData(place, join(base, "again.tar"));
  expect(again.files).toHaveLength(3);
});

test("L23: an empty volume takes a backup", async () => {
  await backupData(place, archive);
  place = { ...place, data: join(base, "fresh") };
  expect((await restoreData(place, archive)).before).toEqual([]);
  await healData(place);
  expect(text("workspace/note.md")).toBe("note first");
});

test("L23: a damaged archive changes nothing", async () => {
  await backupData(place, archive);
  const bytes = readFileSync(archive);
  bytes.write("nope", bytes.indexOf("note first"));
  chmodSync(archive, 0o600);
  writeFileSync(archive, bytes);
  writeFileSync(join(place.data, "workspace/note.md"), "newer");
  await expect(restoreData(place, archive)).rejects.toMatchObject({ code: "RESTORE_ARCHIVE" });
  expect(text("workspace/note.md")).toBe("newer");
});

test("L23: a volume that a container runs on is neither backed up nor restored", async () => {
  const lock = await lockData(place);
  try {
    const taken = { code: "CONTAINER_DATA_TAKEN" };
    await expect(backupData(place, archive)).rejects.toMatchObject(taken);
    await expect(restoreData(place, archive)).rejects.toMatchObject(taken);
  } finally {
    lock.close();
  }
});
