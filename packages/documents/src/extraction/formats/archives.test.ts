import { readFileSync } from "node:fs";

import { strToU8, unzipSync, zipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";

import { openDocumentReader } from "../../index.ts";

const reader = openDocumentReader({ timeoutMs: 10_000 });
afterAll(() => reader.close());

const docx = readFileSync(new URL("../../../../../fixtures/formats/report.docx", import.meta.url));

async function codesOf(path: string, bytes: Uint8Array): Promise<readonly string[]> {
  const { document, findings } = await reader.read(path, bytes);
  expect(document).toBeUndefined();
  return findings.map(({ code }) => code);
}

/** A Word file with this body. */
function wordOf(xml: string | Uint8Array): Uint8Array {
  const bytes = typeof xml === "string" ? strToU8(xml) : xml;
  return zipSync({ "word/document.xml": bytes }, { level: 9 });
}

/** Four megabytes of white space in four kilobytes, with another size in the archive's directory. */
function sized(size: number): Uint8Array {
  const bomb = Buffer.from(wordOf(new Uint8Array(4 * 1024 ** 2).fill(32)));
  expect(bomb.length).toBeLessThan(8 * 1024);
  // 24 bytes behind the signature of a directory entry (APPNOTE.TXT 4.3.12).
  bomb.writeUInt32LE(size, bomb.indexOf("PK\u0001\u0002") + 24);
  return bomb;
}

const word = (body: string): string =>
  `<w:document xmlns:w="w"><w:body>${body}</w:body></w:document>`;

describe("an office file that is none", () => {
  test("costs one finding: a bomb that says how large it is", async () => {
    const bomb = sized(2 ** 31 - 1);
    expect(await codesOf("bomb.docx", bomb)).toEqual(["DOCUMENT_EXTRACTION_SIZE"]);
  });

  test("costs one finding: a bomb that lies about its size", async () => {
    expect(await codesOf("lie.docx", sized(100))).toHaveLength(1);
  });

  test.each([
    [
      "entities that multiply",
      `<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${word("<w:p><w:r><w:t>&b;</w:t></w:r></w:p>")}`,
      "DOCUMENT_ENTITIES",
    ],
    [
      "an entity of a file",
      `<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>${word("<w:p><w:t>&a;</w:t></w:p>")}`,
      "DOCUMENT_ENTITIES",
    ],
    ["an entity of HTML", word("<w:p><w:t>&nbsp;</w:t></w:p>"), "DOCUMENT_ENTITIES"],
    ["no end of depth", word("<w:p>".repeat(100_000)), "DOCUMENT_TOO_NESTED"],
    ["XML that ends", "<w:document><w:body>", "DOCUMENT_DAMAGED"],
    ["no text", word("<w:p/>"), "DOCUMENT_NO_TEXT"],
  ])("costs one finding: %s", async (_what, xml, code) => {
    expect(await codesOf("a.docx", wordOf(xml))).toEqual([code]);
  });

  test("costs one finding: without its main part, or cut short", async () => {
    const other = zipSync({ "a.xml": strToU8("<a/>") });
    for (const name of ["a.docx", "a.pptx", "a.odt", "a.epub"]) {
      expect(await codesOf(name, other)).toEqual(["DOCUMENT_DAMAGED"]);
    }
    expect(await codesOf("a.docx", docx.subarray(0, docx.length / 2))).toEqual([
      "DOCUMENT_DAMAGED",
    ]);
  });

  test("costs one finding each, whatever bytes of it are changed", async () => {
    let seed = 7;
    for (let round = 0; round < 15; round += 1) {
      const bytes = Buffer.from(docx);
      for (let change = 0; change < 5; change += 1) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        bytes[seed % bytes.length] = seed % 251;
      }
      const { document, findings } = await reader.read("a.docx", bytes);
      expect(document === undefined ? findings.length : 1).toBe(1);
    }
  });
});

describe("a Word file", () => {
  test("gives tables, breaks and notes without what is deleted", async () => {
    const cell = (text: string): string => `<w:tc><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:tc>`;
    const xml = word(
      `<w:p><w:r><w:t>One</w:t><w:br/><w:t>two</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>` +
        `<w:tbl><w:tr>${cell("A")}${cell("B")}</w:tr><w:tr>${cell("1")}${cell("2")}</w:tr></w:tbl>`,
    );
    const { document } = await reader.read("a.docx", wordOf(xml));
    expect(Buffer.from(document?.bytes ?? []).toString()).toBe("One\ntwo\n\nA | B\n1 | 2");
    expect(document?.layer?.units.map(({ first }) => first)).toEqual([1, 2, 3]);
  });

  test("gives a text box once, though it is written twice", async () => {
    const box = (text: string): string =>
      `<w:txbxContent><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:txbxContent>`;
    const xml = word(
      `<w:p><w:r><mc:AlternateContent><mc:Choice>${box("once")}</mc:Choice><mc:Fallback>${box("once")}</mc:Fallback></mc:AlternateContent></w:r></w:p>`,
    );
    const { document } = await reader.read("a.docx", wordOf(xml));
    expect(Buffer.from(document?.bytes ?? []).toString()).toBe("once");
  });

  test("is read the same whatever else is in its archive", async () => {
    const members = unzipSync(docx);
    const more = zipSync({ ...members, "word/media/a.bin": new Uint8Array(1000) });
    const [one, other] = [await reader.read("a.docx", docx), await reader.read("a.docx", more)];
    expect(other.document?.bytes).toEqual(one.document?.bytes);
  });
});
