import { parseContract } from "@clawkeep/skill-format";
import type { Action } from "@clawkeep/skill-format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { bindArguments } from "./bind-arguments.ts";
import type { Binding } from "./bind-arguments.ts";

const roots = { data: "/roots/data" };

function action(yaml: string): Action {
  const text = `contract: 1\nprogram: {file: x.sh, interpreter: sh}\nactions:\n  it:\n${yaml}`;
  const parsed = parseContract(
    Buffer.from(text),
    "exec.yaml",
    new Map([["x.sh", Buffer.from("")]]),
  );
  const found = parsed.contract?.actions["it"];
  if (found === undefined) {
    throw new Error(JSON.stringify(parsed.findings));
  }
  return found;
}

const every: Action = action(`
    description: Takes one of each.
    argv: [--size, "{{size}}", --flag, "{{flag}}", --kind, "{{kind}}", --file, "{{file}}", --root, "{{root.data}}", --, "{{text}}", "{{ratio}}"]
    stdin: {json: [text, size, note, file]}
    roots: {data: {access: read}}
    arguments:
      text: {type: string, maxBytes: 100}
      size: {type: integer, minimum: 0, maximum: 9, default: 3}
      ratio: {type: number, default: 0.5}
      flag: {type: boolean, default: false}
      kind: {type: enum, values: [a, b c], default: a}
      file: {type: path, root: data, default: "."}
      note: {type: string, required: false}
`);

const bind = (value: unknown): Binding => bindArguments(every, { kind: "json", value }, roots);
const codes = (binding: Binding): readonly string[] =>
  (binding.refusal ?? []).map(({ code }) => code);

describe("binding", () => {
  test("fills in defaults, and each placeholder is one whole element", () => {
    expect(bind({ text: "a b", kind: "b c", file: "x/y" }).invocation).toEqual({
      values: { file: "x/y", flag: false, kind: "b c", ratio: 0.5, size: 3, text: "a b" },
      argv: [
        "--size",
        "3",
        "--flag",
        "false",
        "--kind",
        "b c",
        "--file",
        "/roots/data/x/y",
        "--root",
        "/roots/data",
        "--",
        "a b",
        "0.5",
      ],
      stdin: Buffer.from('{"file":"/roots/data/x/y","size":3,"text":"a b"}\n'),
      input: { text: "a b", size: 3, file: "/roots/data/x/y" },
    });
  });

  test("never gives more or fewer elements, and none but the argument's own changes", () => {
    const usual = bind({ text: "usual" }).invocation?.argv ?? [];
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const { invocation } = bind({ text });
        fc.pre(invocation !== undefined);
        expect(invocation?.argv).toEqual(
          usual.map((element) => (element === "usual" ? text : element)),
        );
      }),
    );
  });

  test("finds everything that is wrong at once", () => {
    const binding = bind({
      size: 10,
      flag: "true",
      kind: "c",
      file: "../x",
      ratio: Number.NaN,
      extra: 1,
      note: "\0",
    });
    expect([...codes(binding)].sort()).toEqual([
      "ARGUMENT_MISSING",
      ...Array.from({ length: 6 }, () => "ARGUMENT_REFUSED"),
      "ARGUMENT_UNKNOWN",
    ]);
  });

  test("takes text of name=value as the contract types it, and leaves what is no such value as text", () => {
    const pairs = (...list: string[]): Binding =>
      bindArguments(every, { kind: "pairs", pairs: list }, roots);
    expect(
      pairs("text=a=b", "size=7", "ratio=-1.5e2", "flag=true", "kind=b c").invocation?.values,
    ).toMatchObject({
      text: "a=b",
      size: 7,
      ratio: -150,
      flag: true,
      kind: "b c",
    });
    for (const wrong of [
      "size=07",
      "size= 7",
      "size=7.0",
      "size=0x7",
      "size=",
      "ratio=Infinity",
      "flag=yes",
      "ratio=1e999",
      "ratio=1e300",
    ]) {
      expect([wrong, codes(pairs("text=x", wrong))]).toEqual([wrong, ["ARGUMENT_REFUSED"]]);
    }
  });

  test("refuses a value that a program could take for an option", () => {
    const unguarded: Action = { ...every, argv: [{ kind: "argument", name: "text" }] };
    const binding = bindArguments(unguarded, { kind: "json", value: { text: "-rf" } }, roots);
    expect(codes(binding)).toEqual(["ARGUMENT_LIKE_OPTION"]);
  });

  test("is the same whatever order the arguments come in", () => {
    const given = Object.entries({ text: "t", size: 1, note: "n", flag: true });
    fc.assert(
      fc.property(fc.shuffledSubarray(given, { minLength: given.length }), (order) => {
        expect(bind(Object.fromEntries(order))).toEqual(bind(Object.fromEntries(given)));
      }),
    );
  });

  test("reads whatever bytes without throwing, and binds only what JSON says", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const binding = bindArguments(every, { kind: "bytes", bytes }, roots);
          expect((binding.refusal?.length ?? 0) > 0).toBe(binding.invocation === undefined);
        },
      ),
    );
  });
});
