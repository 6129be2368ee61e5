import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";

import { afterAll, describe, expect, test } from "vitest";

import { budget } from "../../../test/expected-chunks.ts";
import { chunkDocument, openDocumentReader } from "../../index.ts";

const reader = openDocumentReader({ timeoutMs: 2000, memoryBytes: 400 * 1024 ** 2 });
afterAll(() => reader.close());

const fixtures = new URL("../../../../../fixtures/", import.meta.url);
const report = fileURLToPath(new URL("formats/report.pdf", fixtures));
const judged = new URL("formats-judged/report.pdf.pdftotext-22.12.0.txt", fixtures);

/** A PDF of one page with this content stream. */
function pdfOf(stream: Uint8Array, filter: string = "", encoding: string = ""): Uint8Array {
  const parts: Buffer[] = [Buffer.from("%PDF-1.4\n")];
  const offsets: number[] = [];
  const put = (...bytes: readonly (string | Uint8Array)[]): void => {
    offsets.push(parts.reduce((sum, part) => sum + part.length, 0));
    parts.push(...bytes.map((each) => Buffer.from(each)));
  };
  put("1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n");
  put("2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n");
  put(
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n",
  );
  put(`4 0 obj<</Length ${stream.length}${filter}>>stream\n`, stream, "\nendstream endobj\n");
  put(`5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica${encoding}>>endobj\n`);
  const at = parts.reduce((sum, part) => sum + part.length, 0);
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(
    Buffer.from(
      `xref\n0 6\n0000000000 65535 f \n${rows}trailer<</Size 6/Root 1 0 R>>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

describe("the text of a PDF", () => {
  const fold = (text: string): string => text.replace(/\s+/gu, " ").trim();

  test("is what pdftotext gives for the same page, after white space is folded", async () => {
    const live = spawnSync("pdftotext", [report, "-"], { encoding: "utf8" });
    const pages = (live.status === 0 ? live.stdout : readFileSync(judged, "utf8"))
      .split("\f")
      .map(fold);
    const { document } = await reader.read("report.pdf", readFileSync(report));
    const chunks = document === undefined ? [] : chunkDocument(document, budget);
    expect(chunks.length).toBeGreaterThan(4);
    for (const { text, locator } of chunks) {
      expect(locator?.first).toBe(locator?.last);
      expect(pages[(locator?.first ?? 0) - 1]).toContain(fold(text));
    }
    expect(new Set(chunks.map(({ locator }) => locator?.first))).toEqual(new Set([1, 2]));
  });

  test("joins a word that was parted at the end of a line", async () => {
    const content =
      "BT /F1 12 Tf 20 200 Td (the manip-) Tj 0 -14 Td (ulation of DER-) Tj 0 -14 Td (Files) Tj ET";
    const { document } = await reader.read("a.pdf", pdfOf(Buffer.from(content)));
    expect(Buffer.from(document?.bytes ?? []).toString()).toBe("the manipulation of DER-\nFiles");
  });
});

test("an accent that is drawn before its letter stands on it", async () => {
  // As TeX does it: the accent, a step back, an i without its dot.
  const content = String.raw`BT /F1 12 Tf 20 200 Td [(na\001)333(\002ve)] TJ ET`;
  const font =
    "/FirstChar 1/LastChar 2/Widths[333 278]/Encoding<</Type/Encoding/Differences[1/dieresis/dotlessi]>>";
  const { document } = await reader.read("a.pdf", pdfOf(Buffer.from(content), "", font));
  expect(Buffer.from(document?.bytes ?? []).toString()).toBe("naïve");
});

describe("a PDF that is no document", () => {
  test("costs one finding: a page without text", async () => {
    const { findings } = await reader.read("a.pdf", pdfOf(Buffer.from("0 0 10 10 re f")));
    expect(findings).toMatchObject([{ code: "DOCUMENT_NO_TEXT", file: "a.pdf" }]);
  });

  test("costs one finding: locked with a password", async () => {
    const locked = readFileSync(new URL("formats-refused/locked.pdf", fixtures));
    const { document, findings } = await reader.read("locked.pdf", locked);
    expect(document).toBeUndefined();
    expect(findings).toMatchObject([{ code: "DOCUMENT_ENCRYPTED" }]);
  });

  test("costs one finding: damaged", async () => {
    const { findings } = await reader.read("a.pdf", Buffer.from("%PDF-1.7\nnothing more"));
    expect(findings).toMatchObject([{ code: "DOCUMENT_DAMAGED" }]);
  });

  test("costs one finding: a content stream without end", async () => {
    const flood = deflateSync(Buffer.alloc(150 * 1024 ** 2, "(x) Tj\n"));
    const bomb = pdfOf(flood, "/Filter/FlateDecode");
    expect(bomb.length).toBeLessThan(1024 ** 2);
    const { document, findings } = await reader.read("bomb.pdf", bomb);
    expect(document).toBeUndefined();
    expect(findings).toHaveLength(1);
    expect(findings[0]?.code).toMatch(/^DOCUMENT_EXTRACTION_(?:MEMORY|TIME|SIZE|CRASH)$/u);
    const next = await reader.read("report.pdf", readFileSync(report));
    expect(next.document?.title).toBe("Harbour report");
  });
});
