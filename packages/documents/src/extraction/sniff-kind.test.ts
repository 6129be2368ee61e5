import { describe, expect, test } from "vitest";

import { isForeign, sniffKind } from "./sniff-kind.ts";

const zip = (first: string): Buffer =>
  Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(26), Buffer.from(first)]);

describe("a file's kind", () => {
  test("is told by its name when the content agrees", () => {
    expect(sniffKind("a/B.PDF", Buffer.from("junk %PDF-1.7"))).toEqual({
      route: "extract",
      kind: "pdf",
    });
    expect(sniffKind("a.docx", zip("x"))).toEqual({ route: "extract", kind: "docx" });
    expect(sniffKind("a.ipynb", Buffer.from("{}"))).toEqual({ route: "extract", kind: "notebook" });
    expect(sniffKind("a.eml", Buffer.from([65, 0]))).toEqual({ route: "extract", kind: "email" });
    expect(sniffKind("page.html", Buffer.from("a\0b"))).toEqual({
      route: "mismatch",
      expected: "text",
    });
  });

  test("is told by its content when the name says nothing", () => {
    expect(sniffKind("download", Buffer.from("%PDF-1.4 …"))).toEqual({
      route: "extract",
      kind: "pdf",
    });
    expect(sniffKind("book", zip("mimetypeapplication/epub+zip"))).toEqual({
      route: "extract",
      kind: "epub",
    });
    expect(sniffKind("archive.zip", zip("a.txt"))).toEqual({ route: "text" });
    expect(sniffKind("notes", Buffer.from("plain"))).toEqual({ route: "text" });
    expect(sniffKind(".pdf", Buffer.from("plain"))).toEqual({ route: "text" });
  });

  test("decides whether bytes must be text", () => {
    expect(isForeign("a.docx", Buffer.from("x"))).toBe(true);
    expect(isForeign("a.html", Buffer.from("x"))).toBe(false);
    expect(isForeign("a.bin", Buffer.from("%PDF-"))).toBe(true);
    expect(isForeign("a.bin", Buffer.from([0, 1]))).toBe(false);
  });
});
