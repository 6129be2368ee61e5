import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { isCodedError } from "@clawkeep/diagnostics";
import { createKeyPair, digestBytes, parseSignerKey, parseVerifierKey } from "@clawkeep/integrity";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import type { Places } from "../ingest/stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import { answerQuery } from "../query/answer-query.ts";
import { openIndex } from "../query/open-index.ts";
import type { ExportedBundle } from "./export-bundle.ts";
import { exportBundle } from "./export-bundle.ts";
import type { ImportedBundle, ImportOptions } from "./import-bundle.ts";
import { importBundle } from "./import-bundle.ts";
import { isPlainPath, readTar, tarEnd, tarHeader, tarPadding } from "./tar.ts";

const model = { name: "stand-in", spaceId: "space-one", files: { weights: digestBytes("w") } };
const keys = createKeyPair("publisher");
const signer = parseSignerKey(keys.signerKey);
const key = parseVerifierKey(keys.verifierKey);
let places: Places;
let file: string;
let bundle: ExportedBundle;
let skill: string;
let count = 0;

beforeAll(async () => {
  places = temporaryPlaces();
  places.write("fog.md", "# Fog\n\nThe signal sounds in fog.\n");
  places.write("lamp.md", "# Lamp\n\nThe lamp is lit.\n");
  await indexFolder(places.workspace, places.folder, places.registry, standInModel());
  skill = path.join(places.base, "skill");
  mkdirSync(path.join(skill, "cases"), { recursive: true });
  writeFileSync(path.join(skill, "SKILL.md"), "---\nname: notes\n---\n");
  writeFileSync(path.join(skill, "cases", "a.yaml"), "[]\n");
  file = path.join(places.base, "a.bundle");
  const trust = { registry: places.registry };
  bundle = await exportBundle(file, places.folder, trust, { model, skill, signer });
});
afterAll(() => places[Symbol.dispose]());

/** Imports into a new folder, with a registry of another machine. */
async function load(
  from: string,
  options: Partial<ImportOptions> = {},
): Promise<{ readonly imported: ImportedBundle; readonly registry: string; readonly to: string }> {
  count += 1;
  const to = path.join(places.base, `machine ${count}`);
  const registry = path.join(places.base, `registry-${count}`);
  const imported = await importBundle(from, to, { spaceId: "space-one", registry, ...options });
  return { imported, registry, to };
}

/** The bundle with other bytes, or another archive altogether, as a file. */
function forged(bytes: Uint8Array): string {
  count += 1;
  const place = path.join(places.base, `forged-${count}.bundle`);
  writeFileSync(place, bytes);
  return place;
}

describe("a bundle", () => {
  test("moves an index, the name of its model and a skill, and answers elsewhere", async () => {
    const { imported, registry } = await load(file, { digest: bundle.digest });
    expect(imported).toMatchObject({
      verified: "digest",
      digest: bundle.digest,
      snapshotRoot: bundle.snapshotRoot,
      documents: 2,
    });
    expect(readdirSync(imported.skill ?? "")).toEqual(["SKILL.md", "cases"]);
    using index = openIndex(imported.index, { registry }, "space-one");
    using original = openIndex(places.folder, { registry: places.registry }, "space-one");
    expect(await answerQuery(index, embedQuery, "fog signal")).toEqual(
      await answerQuery(original, embedQuery, "fog signal"),
    );
    expect(index.snapshot.indexId).not.toBe(original.snapshot.indexId);
  });

  test("is the same bytes again, and an archive that tar reads", async () => {
    const again = path.join(places.base, "b.bundle");
    const trust = { registry: places.registry };
    const second = await exportBundle(again, places.folder, trust, { model, skill, signer });
    expect(second).toEqual(bundle);
    expect(digestBytes(readFileSync(again))).toBe(bundle.digest);
    const listed = execFileSync("tar", ["tf", file], { encoding: "utf8" }).trimEnd().split("\n");
    expect(listed.slice(0, 3)).toEqual(["bundle.json", "bundle.note", "index/snapshot.json"]);
    expect(listed.slice(-2)).toEqual(["skill/SKILL.md", "skill/cases/a.yaml"]);
  });

  test("is believed for its digest or the key that signed it, and nothing else", async () => {
    const { imported, registry } = await load(file, { key });
    expect(imported.verified).toBe("key");
    openIndex(imported.index, { registry }, "space-one").close();
    const unsure = await load(file);
    expect(unsure.imported.verified).toBe("integrity only");
    expect(() =>
      openIndex(unsure.imported.index, { registry: unsure.registry }, "space-one"),
    ).toThrow(expect.objectContaining({ code: "INDEX_UNTRUSTED" }));
    const trust = { snapshotRoot: unsure.imported.snapshotRoot };
    openIndex(unsure.imported.index, trust, "space-one").close();
    await expect(load(file, { digest: digestBytes("other") })).rejects.toMatchObject({
      code: "BUNDLE_DIGEST",
    });
    const other = parseVerifierKey(createKeyPair("publisher").verifierKey);
    await expect(load(file, { key: other })).rejects.toMatchObject({ code: "BUNDLE_SIGNATURE" });
    await expect(load(file, { spaceId: "space-two" })).rejects.toMatchObject({
      code: "BUNDLE_MODEL",
    });
  });

  test("is refused while segments hold text of deleted files, and made when they are compact", async () => {
    using own = temporaryPlaces();
    const layout = { wholeBelow: 0, smallest: 1, largest: 100 };
    for (let file = 0; file < 8; file += 1) {
      own.write(`${file}.md`, `# Note ${file}\n\nThe canary of note ${file}.\n`);
    }
    const run = (compact: boolean): Promise<unknown> =>
      indexFolder(own.workspace, own.folder, own.registry, standInModel(), { layout, compact });
    await run(false);
    rmSync(path.join(own.workspace, "3.md"));
    await run(false);
    const target = path.join(own.base, "own.bundle");
    const made = (): Promise<ExportedBundle> =>
      exportBundle(target, own.folder, { registry: own.registry }, { model });
    await expect(made()).rejects.toMatchObject({
      code: "BUNDLE_DELETED_TEXT",
      message: expect.stringContaining("1 deleted passage") as string,
      hint: expect.stringContaining("local-rag index DIR --compact") as string,
    });
    expect(existsSync(target)).toBe(false);
    await run(true);
    await made();
    const bytes = readFileSync(target);
    expect([bytes.includes("canary of note 4"), bytes.includes("canary of note 3")]).toEqual([
      true,
      false,
    ]);
  });

  test("goes to a new folder, and leaves nothing behind when it is refused", async () => {
    const before = readdirSync(places.base).sort();
    await expect(
      importBundle(file, places.workspace, { spaceId: "space-one", registry: places.registry }),
    ).rejects.toMatchObject({ code: "BUNDLE_TARGET" });
    await expect(load(path.join(places.base, "absent"))).rejects.toMatchObject({
      code: "BUNDLE_READ",
    });
    expect(readdirSync(places.base).sort()).toEqual(before);
  });

  test("with any byte changed or missing is refused, or holds the same", async () => {
    const bytes = readFileSync(file);
    const edit = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(edit, fc.boolean(), async ([at, change], cut) => {
        const copy = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
        if (!cut) copy[at] = (copy[at] ?? 0) ^ change;
        const before = readdirSync(places.base).filter((name) => name.endsWith(".tmp"));
        try {
          const { imported } = await load(forged(copy), { key });
          expect(imported.snapshotRoot).toBe(bundle.snapshotRoot);
        } catch (error) {
          expect(isCodedError(error)).toBe(true);
        }
        expect(readdirSync(places.base).filter((name) => name.endsWith(".tmp"))).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });
});

describe("an archive that is no bundle", () => {
  const entry = (name: string, content: string): Buffer =>
    Buffer.concat([
      tarHeader(name, content.length),
      Buffer.from(content),
      tarPadding(content.length),
    ]);
  /** A header with other fields, and the checksum that belongs to it. */
  const changed = (change: (header: Buffer) => void): Buffer => {
    const header = tarHeader("index/x", 0);
    change(header);
    header.fill(" ", 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return Buffer.concat([header, tarEnd]);
  };
  const read = (bytes: Uint8Array): readonly unknown[] => {
    const descriptor = openSync(forged(bytes), "r");
    try {
      return readTar(descriptor, bytes.length);
    } finally {
      closeSync(descriptor);
    }
  };

  test("is refused for paths that lead out, links, devices, and names that are one", () => {
    const attacks: readonly (readonly [string, Buffer])[] = [
      ["up and out", changed((header) => header.write("../x\0", 0))],
      ["absolute", changed((header) => header.write("/etc/x\0", 0))],
      ["inside a prefix", changed((header) => header.write("../../..\0", 345))],
      ["a link", changed((header) => header.write("2", 156))],
      ["a hard link", changed((header) => header.write("1", 156))],
      ["a device", changed((header) => header.write("3", 156))],
      ["a pipe", changed((header) => header.write("6", 156))],
      ["a folder", changed((header) => header.write("5", 156))],
      ["a long name", changed((header) => header.write("L", 156))],
      ["set-uid", changed((header) => header.write("0004755\0", 100))],
      ["a size in binary", changed((header) => (header[124] = 0x80))],
      ["the same name twice", Buffer.concat([entry("index/a", ""), entry("index/a", ""), tarEnd])],
      ["but for case", Buffer.concat([entry("index/a", ""), entry("index/A", ""), tarEnd])],
      [
        "but for its form",
        Buffer.concat([entry("index/\u00e9", ""), entry("index/e\u0301", ""), tarEnd]),
      ],
      ["more than there is", Buffer.concat([tarHeader("index/a", 1e9), tarEnd])],
      ["something behind its end", Buffer.concat([entry("index/a", ""), tarEnd, entry("b", "")])],
      ["no end", entry("index/a", "")],
      ["nothing", Buffer.alloc(0)],
    ];
    for (const [what, bytes] of attacks) {
      expect(() => read(bytes), what).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^BUNDLE_(?:ENTRY|FORMAT)$/u) }),
      );
    }
    expect(() => tarHeader("a".repeat(300), 0)).toThrow(
      expect.objectContaining({ code: "BUNDLE_ENTRY" }),
    );
    for (const name of ["", ".", "a/../b", "a//b", "a\\b", "C:x", "a\u202eb", "a.", "a ", "a\0b"]) {
      expect([name, isPlainPath(name)]).toEqual([name, false]);
    }
  });

  test("that lists one thing and holds another is refused", async () => {
    const bytes = readFileSync(file);
    const manifest = bytes.subarray(0, 512 * 8);
    const swapped = Buffer.concat([manifest.subarray(0, 512), entry("skill/x", "y"), tarEnd]);
    await expect(load(forged(swapped))).rejects.toMatchObject({ code: "BUNDLE_FORMAT" });
    const more = Buffer.concat([
      bytes.subarray(0, bytes.length - tarEnd.length),
      entry("outside", "y"),
      tarEnd,
    ]);
    await expect(load(forged(more))).rejects.toMatchObject({ code: "BUNDLE_FORMAT" });
  });

  test("does not get a skill with a link in it", async () => {
    const linked = path.join(places.base, "linked");
    mkdirSync(linked);
    symlinkSync("/etc/passwd", path.join(linked, "SKILL.md"));
    const target = path.join(places.base, "linked.bundle");
    await expect(
      exportBundle(target, places.folder, { registry: places.registry }, { model, skill: linked }),
    ).rejects.toMatchObject({ code: "BUNDLE_ENTRY" });
    expect(existsSync(target)).toBe(false);
  });
});
