import { spawnSync } from "node:child_process";

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

import { composeText } from "./compose-text.ts";
import { dockerfileText } from "./dockerfile-text.ts";
import { plistText } from "./plist-text.ts";
import { unitText } from "./unit-file.ts";

/** Text with everything that some format gives a meaning to. */
const nasty = fc
  .array(fc.constantFrom(...("\"'$%\\{}[]<>&;#=:|`~ \t\n\r\0-@ab1é\u2028😀".match(/./gsu) ?? [])), {
    maxLength: 24,
  })
  .map((parts) => parts.join(""));
const line = nasty.filter((text) => !/[\u0000-\u001f\u007f\u0085\u2028\u2029]/u.test(text));

/** How systemd reads words: quotes, backslashes, then `%%`, and `$$` in commands. */
function readWords(text: string): readonly string[] {
  const words = text.match(/"(?:[^"\\]|\\.)*"|[^ ]+/gsu) ?? [];
  return words
    .map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/gsu, "$1") : word))
    .map((word) => word.replaceAll("%%", "%").replaceAll("$$", "$"));
}

describe("C13, L10: a value reaches its file as it is, or not at all", () => {
  test("in a compose file, where `$` would be replaced", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/u), nasty), (values) => {
        const read: unknown = parse(composeText(values));
        const meant = JSON.parse(JSON.stringify(read).replaceAll("$$", "$")) as unknown;
        expect(meant).toEqual(values);
        expect(JSON.stringify(read).replaceAll("$$", "")).not.toContain("$");
      }),
    );
  });

  test("in the command of a unit", () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (command) => {
        const text = unitText([{ name: "Service", lines: [{ key: "ExecStart", command }] }]);
        expect(text.split("\n")).toHaveLength(3);
        expect(readWords(text.split("\n")[1]?.slice("ExecStart=".length) ?? "")).toEqual(command);
      }),
    );
  });

  test("in a variable of a unit", () => {
    fc.assert(
      fc.property(line, (value) => {
        const lines = [{ key: "Environment", name: "A", value } as const];
        const written = unitText([{ name: "Service", lines }]).split("\n")[1] ?? "";
        const text = written.slice("Environment=".length).replaceAll("$", "$$$$");
        expect(readWords(text)).toEqual([`A=${value}`]);
      }),
    );
  });

  test("in a plain value of a unit", () => {
    fc.assert(
      fc.property(line, (value) => {
        const written = unitText([{ name: "Unit", lines: [["Description", value]] }]);
        expect(written).toBe(`[Unit]\nDescription=${value.replaceAll("%", "%%")}\n`);
      }),
    );
  });

  test("in a Dockerfile's commands", () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (run) => {
        const text = dockerfileText([{ run }]);
        expect(JSON.parse(text.slice("RUN ".length))).toEqual(run);
        expect(text.trimEnd().split("\n")).toHaveLength(1);
      }),
    );
  });

  test("and no format takes a newline", () => {
    for (const bad of ["a\nb", "a\0b", "a\rb", "\ud800"]) {
      expect(() => unitText([{ name: "Unit", lines: [["A", bad]] }])).toThrow("one line");
      expect(() => dockerfileText([{ run: [bad] }])).toThrow("one line");
      expect(() => dockerfileText([{ environment: "A", value: bad }])).toThrow("one line");
      expect(() => dockerfileText([{ user: bad }])).toThrow("a word");
      expect(() => plistText({ a: bad })).toThrow("one line");
    }
  });
});

test("C6: a property list is read back by Python as it was meant", (context) => {
  const value = { a: "\"'$%\\<&>]]>é", b: [true, 3, { "c<": "" }] };
  const read = spawnSync(
    "python3",
    ["-c", "import plistlib,sys,json;print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))"],
    { input: plistText(value), encoding: "utf8" },
  );
  if (read.error !== undefined) context.skip("no python3 here");
  expect(read.stderr).toBe("");
  expect(JSON.parse(read.stdout)).toEqual(value);
});
