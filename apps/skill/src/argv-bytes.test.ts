import fc from "fast-check";
import { expect, test } from "vitest";

import { refuseUndecodable } from "./argv-bytes.ts";

const line =
  (...elements: readonly Uint8Array[]) =>
  (): Uint8Array =>
    Buffer.concat(elements.flatMap((element) => [element, Buffer.from([0])]));

const node = [
  Buffer.from("/usr/bin/node"),
  Buffer.from("--conditions=source"),
  Buffer.from("main.ts"),
];

test("arguments that are text pass, whatever it says", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""))),
      (argv) => {
        const raw = line(...node, ...argv.map((text) => Buffer.from(text)));
        expect(() => refuseUndecodable(argv, raw)).not.toThrow();
      },
    ),
  );
});

test("a replacement character that was typed passes", () => {
  expect(() => refuseUndecodable(["\ufffd"], line(...node, Buffer.from("\ufffd")))).not.toThrow();
});

test("bytes that are not UTF-8 are refused, and the argument is named", () => {
  const raw = line(...node, Buffer.from(""), Buffer.from([0x61, 0xff]));
  expect(() => refuseUndecodable(["", "a\ufffd"], raw)).toThrow(
    expect.objectContaining({
      code: "ARGV_NOT_UTF8",
      message: expect.stringContaining("argument 2 of 2"),
    }),
  );
});

test("any bytes that are not UTF-8 are refused", () => {
  const bytes = fc
    .uint8Array({ minLength: 1 })
    .map((array) => Buffer.from(array.map((byte) => (byte === 0 ? 1 : byte))));
  fc.assert(
    fc.property(bytes, (raw) => {
      const argv = [raw.toString("utf8")];
      const exact = Buffer.from(argv[0] ?? "").equals(raw);
      const refuse = (): void => refuseUndecodable(argv, line(...node, raw));
      if (exact) expect(refuse).not.toThrow();
      else expect(refuse).toThrow("expected arguments in UTF-8");
    }),
  );
});

test("where the bytes cannot be seen, a replacement character is refused", () => {
  const none = (): never => {
    throw new Error("no /proc");
  };
  expect(() => refuseUndecodable(["\ufffd"], none)).toThrow("expected arguments in UTF-8");
  expect(() => refuseUndecodable(["plain"], none)).not.toThrow();
});
