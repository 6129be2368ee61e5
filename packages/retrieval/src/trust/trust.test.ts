import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { digestBytes } from "@clawkeep/integrity";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Snapshot } from "../snapshot/snapshot.ts";
import type { RegistryEntry } from "./registry-entry.ts";
import { formatRegistryEntry, readRegistryEntry, registryFile } from "./registry-entry.ts";
import { isTrusted, requireTrust } from "./require-trust.ts";
import {
  findRegistryEntry,
  sweepRegistryEntry,
  writeNewRegistryEntry,
  writeRegistryEntry,
} from "./write-registry.ts";

let base: string;
let registry: string;

beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), "clawkeep-trust-"));
  registry = path.join(base, "indexes");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const indexId = "0123456789abcdef0123456789abcdef";
const root = digestBytes("root");
const entry: RegistryEntry = {
  format: 1,
  indexId,
  path: "/somewhere/index",
  workspace: "/somewhere",
  snapshotRoots: [root],
};
const snapshot: Snapshot = {
  format: 1,
  indexId,
  sequence: 1,
  spaceId: "s",
  analyser: "a",
  chunker: "c",
  segments: [],
  documents: 0,
  chunks: 0,
  chunkRoot: digestBytes(""),
  snapshotRoot: root,
};

describe("the registry", () => {
  test("gives back its entries, by id and by place, and is private", async () => {
    await writeRegistryEntry(registry, entry);
    expect(readRegistryEntry(registry, indexId)).toEqual(entry);
    expect(await findRegistryEntry(registry, entry.path)).toEqual(entry);
    expect(await findRegistryEntry(registry, "/elsewhere")).toBeUndefined();
    expect(statSync(registry).mode & 0o777).toBe(0o700);
    expect(statSync(registryFile(registry, indexId)).mode & 0o777).toBe(0o600);
  });

  test("has no entries before it exists", async () => {
    expect(readRegistryEntry(registry, indexId)).toBeUndefined();
    expect(await findRegistryEntry(registry, entry.path)).toBeUndefined();
    expect(existsSync(registry)).toBe(false);
  });

  test("is rid of what killed runs left of entries that never were, and of nothing else", async () => {
    await writeRegistryEntry(registry, entry);
    const other = "f".repeat(32);
    const names = [
      `.${other}.json.0123456789ab.tmp`,
      `.${indexId}.json.0123456789ab.tmp`,
      "note.tmp",
    ];
    names.forEach((name) => writeFileSync(path.join(registry, name), ""));
    const added = { ...entry, indexId: "a".repeat(32), path: "/elsewhere/index" };
    await writeNewRegistryEntry(registry, added);
    expect(names.map((name) => existsSync(path.join(registry, name)))).toEqual([false, true, true]);
    expect(await findRegistryEntry(registry, added.path)).toEqual(added);
    await sweepRegistryEntry(registry, indexId);
    expect(names.map((name) => existsSync(path.join(registry, name)))).toEqual([
      false,
      false,
      true,
    ]);
    expect(await findRegistryEntry(registry, entry.path)).toEqual(entry);
  });

  test("that others may write to is not written to", async () => {
    mkdirSync(registry, { mode: 0o777 });
    await expect(writeRegistryEntry(registry, entry)).rejects.toMatchObject({
      code: expect.stringMatching(/^FOLDER_/u),
    });
  });

  test("refuses an entry that is something else, whatever it is", () => {
    mkdirSync(registry, { mode: 0o700 });
    const good = formatRegistryEntry(entry);
    const other = fc.oneof(
      fc.constantFrom("", "{", "null", "[]", "{}", good.replace('"format":1', '"format":2')),
      fc.constant(good.replace(indexId, "f".repeat(32))),
      fc.constant(good.replace(root, "md5:1")),
      fc.json(),
    );
    fc.assert(
      fc.property(other, (text) => {
        writeFileSync(registryFile(registry, indexId), text);
        expect(() => readRegistryEntry(registry, indexId)).toThrow(
          expect.objectContaining({ code: "REGISTRY_READ" }),
        );
      }),
    );
  });

  test("of format 1 stays readable, byte for byte", () => {
    const golden = path.join(
      import.meta.dirname,
      "../../../../fixtures/golden/snapshot-v1/registry",
    );
    const read = readRegistryEntry(golden, indexId);
    expect(read).toEqual(entry);
    const text = readFileSync(registryFile(golden, indexId), "utf8");
    expect(formatRegistryEntry(entry)).toBe(text);
  });
});

describe("trust in an index", () => {
  test("comes from a root that the registry or the user names, and from nothing else", async () => {
    await writeRegistryEntry(registry, entry);
    expect(isTrusted(snapshot, { registry })).toBe(true);
    expect(isTrusted(snapshot, { snapshotRoot: root })).toBe(true);
    expect(isTrusted(snapshot, {})).toBe(false);
    expect(isTrusted({ ...snapshot, snapshotRoot: digestBytes("other") }, { registry })).toBe(
      false,
    );
    expect(isTrusted({ ...snapshot, indexId: "f".repeat(32) }, { registry })).toBe(false);
    expect(isTrusted(snapshot, { registry: base })).toBe(false);
  });

  test("that is missing is one line with the root to trust", () => {
    expect(() => requireTrust(snapshot, { registry }, "/an/index")).toThrow(
      expect.objectContaining({
        code: "INDEX_UNTRUSTED",
        message: expect.stringContaining("/an/index"),
        hint: expect.stringContaining(`--trust-index ${root}`),
      }),
    );
  });
});
