import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { commands } from "./command-table.ts";
import { integerOf, parseFlags, textOf, textsOf } from "./parse-flags.ts";
import { parseRequest, readRequest } from "./query-request.ts";
import { fieldsOfWishes, wishesOfFlags } from "./query-wishes.ts";
import { refuseUndecodable, refuseUnpassable } from "./query-text.ts";

const spec = commands.query;
const coded = (code: string): unknown => expect.objectContaining({ code });

describe("the flags of a command", () => {
  test("are read in both spellings, before and after the question", () => {
    for (const args of [
      ["--topk", "3", "why", "--json"],
      ["why", "--json", "--topk=3"],
    ]) {
      const options = parseFlags(spec, args);
      expect(options.positional).toEqual(["why"]);
      expect(options.flags).toEqual(
        new Map<string, string | true>([
          ["topk", "3"],
          ["json", true],
        ]),
      );
      expect(integerOf(spec, options, "topk", { from: 1, to: 200 })).toBe(3);
      expect(textOf(options, "index")).toBeUndefined();
    }
  });

  test("end at two dashes: what follows is the question, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (texts) => {
        expect(parseFlags(spec, ["--json", "--", ...texts]).positional).toEqual(texts);
      }),
    );
  });

  test.each([
    [["--evil"]],
    [["-j"]],
    [["--json=yes"]],
    [["--json", "--json"]],
    [["--index"]],
    [["--toString"]],
  ])("are refused when they are %j", (args) => {
    expect(() => parseFlags(spec, args)).toThrow(coded("USAGE"));
  });

  test.each(["0", "201", "-1", "1.5", "1e1", " 1", "", "99999999999"])(
    "give no number out of %j",
    (text) => {
      const options = parseFlags(spec, [`--topk=${text}`]);
      expect(() => integerOf(spec, options, "topk", { from: 1, to: 200 })).toThrow(coded("USAGE"));
    },
  );
});

describe("a question by standard input", () => {
  const bytes = (text: string): Uint8Array => Buffer.from(text);

  test("is any text, and asks for five passages unless it says otherwise", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (query) => {
        fc.pre(!query.includes("\0"));
        expect(parseRequest(bytes(JSON.stringify({ query })))).toEqual({
          query,
          topK: 5,
          wishes: {},
        });
        expect(readRequest({ query, topk: 7 })).toEqual({ query, topK: 7, wishes: {} });
      }),
    );
  });

  test.each([
    ["", "QUERY_REQUEST"],
    ["{", "QUERY_REQUEST"],
    ["[]", "QUERY_REQUEST"],
    ["null", "QUERY_REQUEST"],
    ["{}", "QUERY_REQUEST"],
    ['{"query":1}', "QUERY_REQUEST"],
    ['{"query":"a","topk":0}', "QUERY_REQUEST"],
    ['{"query":"a","topk":"5"}', "QUERY_REQUEST"],
    ['{"query":"a","topk":1.5}', "QUERY_REQUEST"],
    ['{"query":"a","syntax":"sql"}', "QUERY_REQUEST"],
    ['{"query":"a","filter":1}', "QUERY_REQUEST"],
    ['{"query":"a","scope":[1]}', "QUERY_REQUEST"],
    ['{"query":"a","context":"1"}', "QUERY_REQUEST"],
    ['{"query":"a","maxTokens":1,"maxBytes":1}', "QUERY_REQUEST"],
    ['{"query":"a","index":"/etc"}', "QUERY_REQUEST"],
    ['{"query":"a","__proto__":{}}', "QUERY_REQUEST"],
    ['{"query":"a\\u0000b"}', "QUERY_TEXT"],
    ['{"query":"\\ud800"}', "QUERY_TEXT"],
  ])("is refused when it is %s", (text, code) => {
    expect(() => parseRequest(bytes(text))).toThrow(coded(code));
  });

  test("is refused when its bytes are not UTF-8", () => {
    const request = Buffer.concat([bytes('{"query":"'), Buffer.of(0xff), bytes('"}')]);
    expect(() => parseRequest(request)).toThrow(coded("QUERY_ENCODING"));
  });
});

describe("what a question may ask for beside passages", () => {
  const flags = (...args: readonly string[]): unknown =>
    wishesOfFlags(commands.query, parseFlags(commands.query, args));

  test("has a flag and a JSON member that mean the same", () => {
    const wishes = {
      syntax: "words",
      filter: "tag=ops",
      scopes: ["docs/", "src"],
      context: 2,
      diversity: 0.5,
      budget: { unit: "tokens", limit: 100 },
    };
    expect(
      flags(
        ...["--words", "--filter", "tag=ops", "--scope", "docs/,src", "--context", "2"],
        ...["--diversity", "0.5", "--max-tokens", "100"],
      ),
    ).toEqual(wishes);
    const { syntax, filter, scopes, context, diversity } = wishes;
    const request = {
      query: "a",
      syntax,
      filter,
      scope: scopes,
      context,
      diversity,
      maxTokens: 100,
    };
    expect(readRequest(request).wishes).toEqual(wishes);
    expect(readRequest({ query: "a", scope: "docs" }).wishes).toEqual({ scopes: ["docs"] });
    expect(readRequest({ query: "a", scope: "", filter: "" }).wishes).toEqual({});
    expect(flags("--max-bytes", "9")).toEqual({ budget: { unit: "bytes", limit: 9 } });
  });

  test("is refused when it is no such thing, or the command line fixes it", () => {
    for (const args of [
      ["--diversity", "2"],
      ["--diversity", "much"],
      ["--context", "11"],
      ["--max-bytes", "0"],
      ["--max-bytes", "1", "--max-tokens", "1"],
    ]) {
      expect(() => flags(...args)).toThrow(coded("USAGE"));
    }
    expect(() => readRequest({ query: "a", scope: "src" }, { scopes: ["docs"] })).toThrow(
      coded("QUERY_REQUEST"),
    );
    expect(readRequest({ query: "a", context: 1 }, { scopes: ["docs"] }).wishes).toEqual({
      scopes: ["docs"],
      context: 1,
    });
  });

  test("has the same JSON as wishes and back", () => {
    const wishes = [
      {},
      { syntax: "operators", filter: "tag=a", scopes: ["docs", "src"], collections: ["notes"] },
      { context: 2, diversity: 0.5, budget: { unit: "bytes", limit: 9 } },
      { budget: { unit: "tokens", limit: 9 } },
    ] as const;
    for (const each of wishes) {
      expect(readRequest({ query: "a", ...fieldsOfWishes(each) }).wishes).toEqual(each);
    }
  });

  test("takes several values of a flag that says so, and of no other", () => {
    const options = parseFlags(spec, ["--index", "a", "--index=b", "--collection", "c"]);
    expect([textsOf(options, "index"), textsOf(options, "collection")]).toEqual([
      ["a", "b"],
      ["c"],
    ]);
    expect(textOf(options, "index")).toBe("a");
    expect(textsOf(options, "trust-index")).toEqual([]);
    expect(() => parseFlags(spec, ["--topk", "1", "--topk", "2"])).toThrow(coded("USAGE"));
  });
});

describe("a question by argument", () => {
  test("is refused when the kernel has other bytes than Node shows", () => {
    const read = (): Uint8Array => Buffer.of(0x61, 0xff, 0);
    expect(() => refuseUndecodable(["a\ufffd"], read)).toThrow(coded("QUERY_ENCODING"));
    expect(() => refuseUndecodable(["a"], read)).not.toThrow();
    expect(() => refuseUndecodable(["a\ufffd"], () => Buffer.from("a\ufffd\0"))).not.toThrow();
  });

  test("is refused with a NUL or half a surrogate pair, and nothing else", () => {
    expect(() => refuseUnpassable("a\0")).toThrow(coded("QUERY_TEXT"));
    expect(() => refuseUnpassable("\udc00")).toThrow(coded("QUERY_TEXT"));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!text.includes("\0"));
        expect(() => refuseUnpassable(text)).not.toThrow();
      }),
    );
  });
});
