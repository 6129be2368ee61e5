import { createHmac } from "node:crypto";

import type { KeyedDigest, RecordedValue } from "@clawkeep/audit-log";
import { canonicalJson } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";
import type { ArgumentSpec } from "@clawkeep/skill-format";
import fc from "fast-check";
import { expect, test } from "vitest";

import { recordedArguments } from "./recorded-arguments.ts";

const keyedDigest = (text: string): KeyedDigest =>
  `hmac-sha256:${createHmac("sha256", "key").update(text).digest("hex")}`;

function keyed(value: JsonValue): RecordedValue {
  const text = typeof value === "string" ? value : canonicalJson(value);
  return { keyed: keyedDigest(text), bytes: Buffer.byteLength(text) };
}

const name = fc.oneof(fc.stringMatching(/^[a-z]{1,3}$/u), fc.constant("__proto__"));
const value: fc.Arbitrary<string | number | boolean> = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.maxSafeInteger(),
  fc.boolean(),
);

test("stored values and values that are given again come back as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value, fc.boolean())), (entries) => {
      const all = new Map(entries.map(([name, value, isKeyed]) => [name, { value, isKeyed }]));
      const recorded = Object.fromEntries(
        [...all].map(([name, { value, isKeyed }]) => [
          name,
          isKeyed ? keyed(value) : { stored: value },
        ]),
      );
      const given = new Map(
        [...all].filter(([, { isKeyed }]) => isKeyed).map(([name, { value }]) => [name, value]),
      );
      const { values, findings } = recordedArguments(recorded, {}, given, keyedDigest);
      expect(findings).toEqual([]);
      expect(new Map(Object.entries(values))).toEqual(
        new Map([...all].map(([name, { value }]) => [name, value])),
      );
    }),
  );
});

test("another value than the one that was recorded is never taken, nor shown", () => {
  fc.assert(
    fc.property(value, value, (was, is) => {
      fc.pre(canonicalJson(was) !== canonicalJson(is) && String(was) !== String(is));
      const given = new Map([["a", is]]);
      const { findings } = recordedArguments({ a: keyed(was) }, {}, given, keyedDigest);
      expect(findings.map(({ code }) => code)).toEqual(["REPLAY_ARGUMENT_OTHER"]);
      expect(findings[0]?.message).toBe(
        'argument "a": the value given is not the one that was recorded',
      );
    }),
  );
});

test("a value that the contract names is found, and another one is asked for", () => {
  const base = { required: true, record: "keyed" } as const;
  const specs: Readonly<Record<string, ArgumentSpec>> = {
    flag: { ...base, type: "boolean" },
    tone: { ...base, type: "enum", values: ["plain", "quoted"] },
    count: { ...base, type: "integer", minimum: 1, maximum: 9, default: 5 },
  };
  const names = { flag: keyed(false), tone: keyed("quoted"), count: keyed(5) };
  const found = recordedArguments(names, specs, new Map(), keyedDigest);
  expect(found.values).toEqual({ flag: false, tone: "quoted", count: 5 });
  const asked = recordedArguments({ count: keyed(6) }, specs, new Map(), keyedDigest);
  expect(asked.findings.map(({ code }) => code)).toEqual(["REPLAY_ARGUMENT_REDACTED"]);
});
