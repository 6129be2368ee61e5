import fc from "fast-check";
import { expect, test } from "vitest";

import { repeatedNames } from "./repeated-names.ts";

test("finds names that stand twice, however they are spelled", () => {
  expect(repeatedNames('{"a":1,"b":2,"\\u0061":3}')).toEqual(["a"]);
  expect(repeatedNames('{"a":{"b":1},"b":[{"a":1}]}')).toEqual([]);
  expect(repeatedNames('["a","a"]')).toEqual([]);
  expect(repeatedNames('"a"')).toEqual([]);
});

test("agrees with how the object was written", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.jsonValue())), (members) => {
      const text = `{${members.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(" , ")}}`;
      const names = members.map(([name]) => name);
      const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
      expect(new Set(repeatedNames(text))).toEqual(repeated);
    }),
  );
});
