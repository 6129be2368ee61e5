import fc from "fast-check";
import { expect, test } from "vitest";

import { flagsOf, parseTrace, unescape } from "./parse-trace.ts";

const hex = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");

test("reads a call with its arguments and its result", () => {
  const line = `7  openat(-100<${hex("/tmp")}>, "${hex("a, b")}", 0x80241, 0666) = 3<${hex("/tmp/a")}>`;
  expect(parseTrace(line)).toEqual([
    {
      kind: "call",
      task: 7,
      name: "openat",
      args: [`-100<${hex("/tmp")}>`, `"${hex("a, b")}"`, "0x80241", "0666"],
      result: `3<${hex("/tmp/a")}>`,
    },
  ]);
  expect(parseTrace('7 connect(4, {sa_family=0x2, a="\\x00"}, 16) = -1 EPERM (No)')).toMatchObject([
    { args: ["4", '{sa_family=0x2, a="\\x00"}', "16"], result: "-1 EPERM (No)" },
  ]);
  expect(parseTrace("7 fork() = 8")).toMatchObject([{ args: [], result: "8" }]);
});

test("puts a call that was interrupted where it began", () => {
  const text = [
    "1 vfork( <unfinished ...>",
    "2 chdir(0x1) = 0",
    "1 <... vfork resumed>)              = 2 /* 20 in strace's PID NS */",
    "2 pause( <unfinished ...>",
    "2 +++ killed by SIGKILL +++",
  ].join("\n");
  expect(parseTrace(text)).toMatchObject([
    { name: "vfork", result: "2 /* 20 in strace's PID NS */" },
    { name: "chdir" },
    { name: "pause", result: "?" },
    { kind: "end", task: 2 },
  ]);
});

test("takes any text, and any text comes back from its escapes", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(Array.isArray(parseTrace(text))).toBe(true);
      expect(Array.isArray(parseTrace(`1 open(${text}`))).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(unescape(`"${hex(text)}"`)).toBe(text);
      expect(unescape(`3<${hex(text)}>(deleted)`)).toBe(text);
    }),
  );
  expect([unescape("NULL"), unescape("0x7ffe"), unescape('"\\x2f"...')]).toEqual([
    undefined,
    undefined,
    "/",
  ]);
});

test("reads flags in each base, and several of them", () => {
  expect(["0x241", "0101", "0x1200000|17", "0", undefined].map(flagsOf)).toEqual([
    0x241, 101, 0x1200011, 0, 0,
  ]);
});
