import fc from "fast-check";
import { expect, test } from "vitest";

import { firstInvalidByte, inspectEncoding } from "./inspect-content.ts";

test("valid UTF-8 has no invalid byte, whatever it says", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const bytes = Buffer.from(text.toWellFormed());
      expect(firstInvalidByte(bytes)).toBe(bytes.length);
    }),
  );
});

test("everything before the first invalid byte decodes, and nothing longer does", () => {
  const fatal = new TextDecoder("utf-8", { fatal: true });
  const decodes = (bytes: Uint8Array): boolean => {
    try {
      fatal.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const byte = fc.oneof(
    fc.integer({ min: 1, max: 255 }),
    fc.constantFrom(0x61, 0xc3, 0xa9, 0xe0, 0xa0, 0xed, 0xbf, 0xf0, 0x90, 0xf4, 0x8f, 0xc0),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.array(byte), (head, tail) => {
      const bytes = Uint8Array.from([...head, ...tail]);
      const offset = firstInvalidByte(bytes);
      expect(decodes(bytes)).toBe(offset === bytes.length);
      expect(decodes(bytes.subarray(0, offset))).toBe(true);
      // No continuation can repair it: no prefix that ends behind the offset's sequence decodes.
      if (offset < bytes.length) {
        expect(decodes(bytes.subarray(0, offset + 4))).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

test("text passes, and NUL is told from UTF-16", () => {
  expect(inspectEncoding("a.md", Buffer.from("日本 🦀"))).toBeUndefined();
  expect(inspectEncoding("a.md", Buffer.from("a\0b"))?.finding.code).toBe("DOCUMENT_BINARY");
  const utf16 = inspectEncoding("a.md", Buffer.from("\ufeffab", "utf16le"));
  expect(utf16?.finding).toMatchObject({ code: "DOCUMENT_NOT_UTF8", severity: "warning" });
});
