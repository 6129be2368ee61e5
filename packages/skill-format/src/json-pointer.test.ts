import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parsePointer, resolvePointer, withoutPointers } from "./json-pointer.ts";

const document = { a: { "b/c": [10, { "~": 1 }] }, "": 5 };

describe("pointers", () => {
  test("resolve as RFC 6901 says", () => {
    expect(resolvePointer(document, "")).toBe(document);
    expect(resolvePointer(document, "/")).toBe(5);
    expect(resolvePointer(document, "/a/b~1c/0")).toBe(10);
    expect(resolvePointer(document, "/a/b~1c/1/~0")).toBe(1);
  });

  test.each([
    "/x",
    "/a/b~1c/2",
    "/a/b~1c/00",
    "/a/b~1c/-1",
    "/a/b~1c/length",
    "/__proto__",
    "/constructor",
  ])("%s names nothing", (pointer) => expect(resolvePointer(document, pointer)).toBeUndefined());

  test.each(["a", "/~", "/~2", "#/a"])("%s is none", (pointer) =>
    expect(parsePointer(pointer)).toBeUndefined(),
  );

  test("name every part of any value", () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (key, value) => {
        const pointer = `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        const holder = Object.fromEntries([[key, value]]);
        expect(resolvePointer(holder, pointer)).toEqual(value);
        expect(withoutPointers(holder, [pointer])).toEqual({});
      }),
    );
  });

  test("take parts away without moving the others or touching the original", () => {
    expect(withoutPointers(document, ["/a/b~1c/0", "/nothing/here", "/"])).toEqual({
      a: { "b/c": [null, { "~": 1 }] },
    });
    expect(document[""]).toBe(5);
  });
});
