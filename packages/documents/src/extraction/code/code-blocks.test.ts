import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import { openDocumentReader } from "../../index.ts";
import type { Document } from "../../index.ts";
import { grammars } from "./grammar-names.ts";

const reader = openDocumentReader({ timeoutMs: 10_000 });
afterAll(() => reader.close());

const extensions: Readonly<Record<string, string>> = {
  typescript: "ts",
  javascript: "js",
  python: "py",
  rust: "rs",
  kotlin: "kt",
  csharp: "cs",
  ruby: "rb",
  bash: "sh",
  elixir: "ex",
};

async function documentOf(path: string, text: string): Promise<Document> {
  const { document, findings } = await reader.read(path, Buffer.from(text));
  expect(findings).toEqual([]);
  if (document === undefined) {
    throw new Error("no document");
  }
  return document;
}

async function trailsOf(path: string, text: string): Promise<readonly (readonly string[])[]> {
  const { blocks = [] } = await documentOf(path, text);
  return blocks.filter(({ kind }) => kind === "heading").map(({ trail = [] }) => trail);
}

describe("the definitions of a file", () => {
  test("have their signatures as headings, inside those around them", async () => {
    const text = "class A {\n  b(): void {}\n}\nexport const c = async () => {\n  d();\n};\n";
    expect(await trailsOf("a.ts", text)).toEqual([
      ["class A"],
      ["class A", "b(): void"],
      ["export const c = async ()"],
    ]);
  });

  test("begin with the comments and decorators right above them", async () => {
    const text = "x = 1  # not this\n\n# far\n\n# near\n@wrap\ndef f():\n    pass\n";
    const { blocks = [] } = await documentOf("a.py", text);
    const heading = blocks.find(({ kind }) => kind === "heading");
    expect(text.slice(heading?.start, heading?.end)).toBe("# near");
    expect(heading?.trail).toEqual(["def f()"]);
  });

  test("of a long function are those inside it too", async () => {
    const inner = "  function inner() {\n    return 1;\n  }\n";
    const text = `function outer() {\n${"  call();\n".repeat(400)}${inner}}\n`;
    expect(await trailsOf("a.js", text)).toEqual([
      ["function outer()"],
      ["function outer()", "function inner()"],
    ]);
  });

  test("are not looked for in a file without any", async () => {
    expect((await documentOf("a.go", "package a\n")).blocks).toBeUndefined();
  });
});

describe("code that is none", () => {
  test.each([...grammars.keys()])("in %s is read all the same", async (language) => {
    const path = `a.${extensions[language] ?? language}`;
    const pieces = fc.sample(
      fc.array(
        fc.oneof(
          fc.constantFrom(
            ..."{ } ( ) ; : = class def fn func function end do if @ # // /* */ \" ' < > \n \t é 🦀".split(
              " ",
            ),
            "\n\n",
            "class A {",
            "def a():\n",
            "function f() {\n",
          ),
          fc.string({ unit: "grapheme", maxLength: 8 }),
        ),
        { maxLength: 60 },
      ),
      { numRuns: 12, seed: 1 },
    );
    for (const parts of pieces) {
      const text = `a\n${parts.join(" ").replaceAll("\0", "")}`;
      const { document, findings } = await reader.read(path, Buffer.from(text));
      expect(findings).toEqual([]);
      let behind = 0;
      const body = Buffer.from(document?.bytes ?? []).toString();
      for (const { start, end } of document?.blocks ?? []) {
        expect(body.slice(behind, start).trim()).toBe("");
        expect(body.slice(start, end).trim()).not.toBe("");
        behind = end;
      }
      expect(document?.blocks === undefined || body.slice(behind).trim() === "").toBe(true);
    }
  });

  test("costs one finding when it is nested without end, and is cut by its lines", async () => {
    const text = `function a() {}\n${"(".repeat(300_000)}\n`;
    const { document, findings } = await reader.read("a.js", Buffer.from(text));
    expect(document?.kind).toBe("code");
    expect(findings.length).toBeLessThanOrEqual(1);
  });
});
