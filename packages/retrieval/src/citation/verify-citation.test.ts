import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { digestBytes } from "@clawkeep/integrity";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import type { CitationClaim } from "./verify-citation.ts";
import { compareCitation, verifyCitation } from "./verify-citation.ts";

const base = mkdtempSync(path.join(tmpdir(), "clawkeep-citation-"));
const workspace = path.join(base, "workspace");
mkdirSync(path.join(workspace, "sub"), { recursive: true });
afterAll(() => rmSync(base, { recursive: true, force: true }));

const before = "# Title\n\nThe first passage.\n\nThe sécond passage.\n";

function claimOf(text: string, passage: string, file: string = "sub/page.md"): CitationClaim {
  const bytes = Buffer.from(text);
  const byteStart = bytes.indexOf(passage);
  return {
    path: file,
    byteStart,
    byteEnd: byteStart + Buffer.byteLength(passage),
    chunkDigest: digestBytes(passage),
    documentDigest: digestBytes(text),
  };
}

function stateAfter(text: string, claim: CitationClaim): unknown {
  writeFileSync(path.join(workspace, claim.path), text);
  return verifyCitation(workspace, claim);
}

describe("a citation", () => {
  const claim = claimOf(before, "The sécond passage.");

  test("is still true while its bytes stand where it says", () => {
    expect(stateAfter(before, claim)).toEqual({ state: "still-true", documentChanged: false });
    expect(stateAfter(`${before}\nMore text.\n`, claim)).toEqual({
      state: "still-true",
      documentChanged: true,
    });
  });

  test("has changed when they do not, and says where they moved", () => {
    expect(stateAfter(before.replace("sécond", "third"), claim)).toEqual({ state: "changed" });
    expect(stateAfter(`A new line.\n${before}`, claim)).toEqual({
      state: "changed",
      movedTo: claim.byteStart + 12,
    });
    expect(stateAfter("short", claim)).toEqual({ state: "changed" });
  });

  test("is gone with its file", () => {
    rmSync(path.join(workspace, claim.path));
    expect(verifyCitation(workspace, claim)).toEqual({ state: "gone" });
  });

  test("never leads out of the workspace", () => {
    writeFileSync(path.join(base, "secret.md"), before);
    symlinkSync(path.join(base, "secret.md"), path.join(workspace, "link.md"));
    symlinkSync(base, path.join(workspace, "up"));
    for (const file of [
      "../secret.md",
      "link.md",
      "up/secret.md",
      "/etc/passwd",
      "",
      "sub",
      "sub/../../secret.md",
      "a\0b",
    ]) {
      expect(verifyCitation(workspace, { ...claim, path: file })).toEqual({ state: "gone" });
    }
  });

  test("is judged by bytes, whatever stands around them", () => {
    const part = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(
      fc.property(part, part, part, (head, passage, tail) => {
        const text = `${head}${passage}${tail}`;
        const byteStart = Buffer.byteLength(head);
        const whole = {
          byteStart,
          byteEnd: byteStart + Buffer.byteLength(passage),
          chunkDigest: digestBytes(passage),
          documentDigest: digestBytes(text),
        };
        expect(compareCitation(Buffer.from(text), whole)).toEqual({
          state: "still-true",
          documentChanged: false,
        });
        const other = { ...whole, chunkDigest: digestBytes(`${passage}.`) };
        expect(compareCitation(Buffer.from(text), other).state).toBe("changed");
      }),
    );
  });
});
