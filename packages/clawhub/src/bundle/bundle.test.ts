import { chmodSync, cpSync, mkdirSync, mkdtempSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { createKeyPair } from "@clawkeep/integrity";
import fc from "fast-check";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, test } from "vitest";

import { bundleComment } from "./bundle-comment.ts";
import { packSkill, slugOf } from "./pack-skill.ts";
import { readZip } from "./read-zip.ts";
import { sealBundle } from "./seal.ts";
import { verifyBundle } from "./verify-bundle.ts";
import { writeZip } from "./write-zip.ts";

const skills = join(import.meta.dirname, "../../../../skills");

function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-pack-")), name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function packed(name = "my-skill"): Promise<Uint8Array> {
  const pack = await packSkill(folderOf(name, { "SKILL.md": "# a\n", "b/c.md": "c", "B.txt": "" }));
  if (pack.bundle === undefined) throw new Error(JSON.stringify(pack.findings));
  return pack.bundle;
}

const codesOf = (bytes: Uint8Array): readonly string[] => [
  ...new Set(verifyBundle(bytes).findings.map(({ code }) => code)),
];

/** The archive with some bytes changed: at the first place of `find` in the part that is named. */
function changed(bytes: Uint8Array, at: number, value: readonly number[]): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.set(value, at);
  return copy;
}

const central = (bytes: Uint8Array): number =>
  Buffer.from(bytes).indexOf(Buffer.from([0x50, 0x4b, 1, 2]));

describe("a bundle", () => {
  test("has the same bytes whatever the time, the modes and the order of writing", async () => {
    const files = { "SKILL.md": "# a\n", "b/c.md": "c", "a.md": "a" };
    const one = folderOf("my-skill", files);
    const two = folderOf("my-skill", Object.fromEntries(Object.entries(files).toReversed()));
    chmodSync(join(two, "a.md"), 0o755);
    utimesSync(join(two, "a.md"), 1, 1);
    const [a, b] = [await packSkill(one), await packSkill(two)];
    expect(a.findings).toEqual([]);
    expect(b.digest).toBe(a.digest);
    expect(b.bundle).toEqual(a.bundle);
  });

  test("of known files has known bytes", async () => {
    const { digest } = await packSkill(folderOf("my-skill", { "SKILL.md": "# a\n" }));
    expect(digest).toMatchInlineSnapshot(
      `"sha256:b85aa3e1d9741ac424f43aff777faf1df7b1424c9c9aecae3fab32da3e44aa45"`,
    );
  });

  test.each(["local-rag", "git-readonly"])(
    "of %s verifies, and is read by another reader",
    async (name) => {
      const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-pack-")), name);
      cpSync(join(skills, name), folder, { recursive: true });
      const { bundle, files, fingerprint } = await packSkill(folder);
      const bytes = bundle ?? new Uint8Array();
      expect(verifyBundle(bytes)).toMatchObject({
        ok: true,
        trust: "integrity",
        slug: name,
        fingerprint,
      });
      expect(Object.keys(unzipSync(bytes)).toSorted()).toEqual(
        files.map(({ path }) => path).toSorted(),
      );
    },
  );

  test("gives back the files that were put in", () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,8}(?:\/[a-z0-9]{1,8}x){0,2}\.md$/u);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ path: name, bytes: fc.uint8Array() }), {
          selector: ({ path }) => path,
        }),
        (files) => {
          const archive = writeZip(files, "x");
          const { findings, files: read } = readZip(archive);
          expect(findings).toEqual([]);
          expect(new Map(read.map(({ path, bytes }) => [path, [...bytes]]))).toEqual(
            new Map(files.map(({ path, bytes }) => [path, [...bytes]])),
          );
          expect(writeZip(files.toReversed(), "x")).toEqual(archive);
        },
      ),
    );
  });

  test("that was changed in any byte does not verify", async () => {
    const bundle = await packed();
    expect(verifyBundle(bundle).ok).toBe(true);
    fc.assert(
      fc.property(fc.nat(bundle.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const other = changed(bundle, at, [((bundle[at] ?? 0) + by) % 256]);
        const verdict = verifyBundle(other);
        // A slug in the label is not covered by the fingerprint: a seal covers it.
        if (verdict.ok) expect(verdict.slug).not.toBe("my-skill");
        else expect(verdict.trust).toBe("none");
      }),
      { numRuns: 300 },
    );
  });

  test("that was cut, or is anything at all, is refused and never throws", async () => {
    const bundle = await packed();
    fc.assert(
      fc.property(fc.nat(bundle.length - 1), (length) => {
        expect(verifyBundle(bundle.subarray(0, length)).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(verifyBundle(bytes).ok).toBe(false);
      }),
    );
  });
});

describe("a hostile bundle", () => {
  const label = bundleComment({ slug: "x", fingerprint: `sha256:${"0".repeat(64)}` });
  const text = Buffer.from("x");
  const of = (...paths: readonly string[]): Uint8Array =>
    writeZip(
      paths.map((path) => ({ path, bytes: text })),
      label,
    );

  test.each([
    ["a path upwards", of("SKILL.md", "../../etc/cron.d/x"), "BUNDLE_PATH"],
    ["an absolute path", of("SKILL.md", "/etc/x"), "BUNDLE_PATH"],
    ["a path of Windows", of("SKILL.md", "..\\x"), "BUNDLE_PATH"],
    ["a drive", of("SKILL.md", "c:x"), "BUNDLE_PATH"],
    ["a hidden file", of("SKILL.md", ".bashrc"), "BUNDLE_PATH"],
    ["a control character", of("SKILL.md", "a\u001b[2J"), "BUNDLE_PATH"],
    ["a folder", of("SKILL.md", "a/"), "BUNDLE_PATH"],
    ["a file that is a folder too", of("SKILL.md", "a", "a/b"), "BUNDLE_PATH"],
    ["a path twice", of("SKILL.md", "a.md", "a.md"), "BUNDLE_DUPLICATE"],
    ["names that differ in case", of("SKILL.md", "a.md", "A.md"), "BUNDLE_CASE"],
    ["names that differ in form", of("SKILL.md", "\ufb01.md", "fi.md"), "BUNDLE_CASE"],
    ["no SKILL.md", of("a.md"), "BUNDLE_FINGERPRINT"],
  ])("with %s is refused", (_, bytes, code) => {
    expect(codesOf(bytes)).toContain(code);
    expect(verifyBundle(bytes)).toMatchObject({ ok: false, trust: "none" });
  });

  test("with a bomb is refused before anything is decompressed", () => {
    const bomb = zipSync({ "SKILL.md": [new Uint8Array(9 * 1024 * 1024), { level: 9 }] });
    expect(codesOf(bomb)).toContain("BUNDLE_COMPRESSED");
  });

  test("with a link, an encrypted or an overlapping entry, or other headers is refused", async () => {
    const bundle = await packed();
    const at = central(bundle);
    expect(codesOf(changed(bundle, at + 40, [0xff, 0xa1]))).toEqual(["BUNDLE_LINK"]);
    expect(codesOf(changed(bundle, at + 8, [1, 8]))).toEqual(["BUNDLE_ENCRYPTED"]);
    expect(codesOf(changed(bundle, at + 24, [0xff, 0xff, 0xff, 0x0f]))).toContain(
      "BUNDLE_FILE_LARGE",
    );
    expect(codesOf(changed(bundle, at + 16, [1, 2, 3, 4]))).toContain("BUNDLE_CHECKSUM");
    expect(codesOf(changed(bundle, 30, [0x61]))).toEqual(["BUNDLE_HEADER"]);
  });

  test("with an entry inside another is refused", () => {
    const inner = writeZip([{ path: "b.md", bytes: text }], "").subarray(0, 30 + 4 + 1);
    const outer = Buffer.from(
      writeZip(
        [
          { path: "SKILL.md", bytes: text },
          { path: "a.md", bytes: inner },
          { path: "b.md", bytes: text },
        ],
        label,
      ),
    );
    const last = outer.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    outer.writeUInt32LE(outer.indexOf(inner), last + 42);
    expect(codesOf(outer)).toEqual(["BUNDLE_OVERLAP"]);
  });

  test("with bytes before, between or after its entries is refused", async () => {
    const bundle = Buffer.from(await packed());
    const more = Buffer.from("hidden");
    expect(codesOf(Buffer.concat([more, bundle]))).not.toEqual([]);
    expect(codesOf(Buffer.concat([bundle, more]))).not.toEqual([]);
    const at = central(bundle);
    const moved = Buffer.concat([bundle.subarray(0, at), more, bundle.subarray(at)]);
    const end = moved.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    moved.writeUInt32LE(at + more.length, end + 16);
    expect(codesOf(moved)).toEqual(["BUNDLE_NOT_CANONICAL"]);
  });
});

describe("a seal", () => {
  const keys = createKeyPair("author");

  test("makes trust out of integrity, for the key that is pinned only", async () => {
    const { bundle, digest, fingerprint, slug } = await packSkill(
      folderOf("my-skill", { "SKILL.md": "a" }),
    );
    if (bundle === undefined || digest === undefined || fingerprint === undefined)
      throw new Error();
    const seal = sealBundle({ slug, digest, fingerprint }, keys.signerKey);
    const pin = (verifierKey: string, own: string | undefined) =>
      verifyBundle(bundle, { seal: own, verifierKey });
    expect(verifyBundle(bundle)).toMatchObject({ ok: true, trust: "integrity" });
    expect(pin(keys.verifierKey, seal)).toMatchObject({
      ok: true,
      trust: "signed",
      signer: "author",
    });
    const others = createKeyPair("author");
    const code = (verdict: ReturnType<typeof pin>): readonly string[] =>
      verdict.findings.map((finding) => finding.code);
    expect(code(pin(others.verifierKey, seal))).toEqual(["NOTE_UNSIGNED"]);
    expect(code(pin(keys.verifierKey, undefined))).toEqual(["BUNDLE_SEAL_MISSING"]);
    const other = sealBundle({ slug: "other", digest, fingerprint }, keys.signerKey);
    expect(code(pin(keys.verifierKey, other))).toEqual(["BUNDLE_SEAL_OTHER"]);
    expect(pin(keys.verifierKey, other).trust).toBe("none");
  });
});

test.each([
  ["/x/local-rag", "local-rag"],
  ["/x/My Skill!", "my-skill"],
  ["/x/--a__b--", "a-b"],
  ["/x/日本", ""],
])("the slug of %s is %j", (folder, slug) => {
  expect(slugOf(folder)).toBe(slug);
});
