import fc from "fast-check";
import { expect, test } from "vitest";

import { readOpenClawConfig } from "./read-config.ts";

test("reads comments and trailing commas, as OpenClaw does", () => {
  expect(readOpenClawConfig("// mine\n{gateway: {port: 18789,},}", "openclaw.json").config).toEqual(
    { gateway: { port: 18_789 } },
  );
});

test("says where the syntax is wrong", () => {
  const { config, findings } = readOpenClawConfig('{\n  "a": ?\n}', "openclaw.json");
  expect(config).toBeUndefined();
  expect(findings).toMatchObject([
    { code: "CONFIG_SYNTAX", file: "openclaw.json", line: 2, column: 8 },
  ]);
});

test.each(["[]", "1", "null", '"text"'])("%s is no configuration", (text) => {
  expect(readOpenClawConfig(text, "x").findings).toMatchObject([{ code: "CONFIG_SHAPE" }]);
});

test("a file that nests without end is refused before it is parsed", () => {
  const { findings } = readOpenClawConfig("[".repeat(200_000), "x");
  expect(findings).toMatchObject([{ code: "CONFIG_TOO_DEEP" }]);
});

test("a prototype is never changed", () => {
  const { config } = readOpenClawConfig('{"__proto__": {"polluted": true}}', "x");
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
});

test("any text gives a configuration or a finding", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const { config, findings } = readOpenClawConfig(text, "x");
      expect(config === undefined).toBe(findings.length > 0);
    }),
  );
});
