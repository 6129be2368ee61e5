import fc from "fast-check";
import { expect, test } from "vitest";

import { requestDifference } from "./request-difference.ts";

const difference = (expected: string, got: string): string =>
  requestDifference(Buffer.from(expected), Buffer.from(got));

test("the line that differs is shown as it was and as it is", () => {
  expect(difference("GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: b\r\n")).toBe(
    'differs in line 2 (byte 23): expected "Host: a\\r\\n", got "Host: b\\r\\n"',
  );
});

test("of a long line only what surrounds the difference is shown", () => {
  const [before, after] = ["x".repeat(1000), "y".repeat(1000)];
  const text = difference(`${before}a${after}\n`, `${before}b${after}\n`);
  expect(text).toContain(`…"${"x".repeat(60)}a${"y".repeat(59)}"…`);
  expect(text.length).toBeLessThan(400);
});

test("any two requests that differ have one, on one printable line", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, bytes, (expected, got) => {
      fc.pre(!Buffer.from(expected).equals(got));
      const text = requestDifference(Buffer.from(expected), Buffer.from(got));
      expect(text).not.toContain("\n");
      expect(text.length).toBeLessThan(1700);
    }),
  );
});
