import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  executed,
  makeWorkspace,
  refusedWith,
  request,
  testableLevels,
} from "../test/workspace.ts";
import type { TestWorkspace } from "../test/workspace.ts";
import { openRuntime } from "./index.ts";
import type { RawArguments, Runtime } from "./index.ts";

describe.each(await testableLevels())("at level %s a hostile argument", (level) => {
  let place: TestWorkspace;
  let runtime: Runtime;
  let canary = "";
  beforeAll(async () => {
    place = await makeWorkspace();
    canary = path.join(place.workspace, "data", "canary");
    mkdirSync(path.dirname(canary), { recursive: true });
    runtime = await openRuntime({ ...place, environment: { HOME: place.workspace } });
  });
  afterAll(async () => {
    await runtime.close();
    place.remove();
  });

  const literal = (): readonly string[] => [
    "; rm -rf ~",
    `; touch ${canary}`,
    `$(touch ${canary})`,
    `\`touch ${canary}\``,
    `| tee ${canary}`,
    `> ${canary}`,
    `' ; touch ${canary} ; '`,
    `" && touch ${canary} && "`,
    `\n touch ${canary} \n`,
    "$(id)",
    "${HOME} $HOME ~ *",
    "--evil",
    "--",
    "-",
    "--eval=1",
    "{{text}}",
    "{{root.data}}",
    "%s%n",
    "\\",
    "",
    "日本語 🦀 e\u0301 \u202e \ufffd",
    `x${"a".repeat(131_070)}`,
  ];

  test("is one literal element of the argv [S7]", async () => {
    writeFileSync(path.join(place.workspace, "kept"), "");
    for (const text of literal()) {
      const { json } = executed(await runtime.invoke(request("argv", { text }, { level })));
      expect(json).toEqual({ argv: ["--", text] });
    }
    expect([existsSync(canary), existsSync(path.join(place.workspace, "kept"))]).toEqual([
      false,
      true,
    ]);
  });

  test("is one literal value on standard input, up to a megabyte [S7]", async () => {
    const long = "ab\n".repeat(349_525);
    for (const text of [`$(touch ${canary})`, "--evil", "\u202e", long]) {
      const { json } = executed(await runtime.invoke(request("stdin", { text }, { level })));
      expect((json as { text: string }).text).toBe(text);
    }
    expect(existsSync(canary)).toBe(false);
  });

  test("that no argument can be is refused with a reason that does not repeat it", async () => {
    const bytes = (...values: (number | string)[]): Uint8Array =>
      Buffer.concat(
        values.map((value) =>
          typeof value === "string" ? Buffer.from(value) : Buffer.from([value]),
        ),
      );
    const cases: [RawArguments, string][] = [
      [{ kind: "json", value: { text: "secret\0" } }, "ARGUMENT_REFUSED"],
      [{ kind: "json", value: { text: "secret\u001b" } }, "ARGUMENT_REFUSED"],
      [{ kind: "json", value: { text: "secret\ud800" } }, "ARGUMENT_REFUSED"],
      [{ kind: "bytes", bytes: bytes('{"text":"secret\\ud800"}') }, "ARGUMENT_REFUSED"],
      [{ kind: "bytes", bytes: bytes('{"text":"secret\\u0000"}') }, "ARGUMENT_REFUSED"],
      [{ kind: "bytes", bytes: bytes('{"text":"secret', 0xff, '"}') }, "ARGUMENTS_NOT_UTF8"],
      [
        { kind: "bytes", bytes: bytes('{"text":"secret', 0xed, 0xa0, 0x80, '"}') },
        "ARGUMENTS_NOT_UTF8",
      ],
      [{ kind: "pairs", pairs: [bytes("text=secret", 0xc3, 0x28)] }, "ARGUMENTS_NOT_UTF8"],
      [{ kind: "pairs", pairs: ["text=secret\0"] }, "ARGUMENT_REFUSED"],
      [{ kind: "json", value: { text: "secret".repeat(30_000) } }, "ARGUMENT_REFUSED"],
      [{ kind: "json", value: { text: ["secret"] } }, "ARGUMENT_REFUSED"],
      [{ kind: "json", value: { text: { secret: 1 } } }, "ARGUMENT_REFUSED"],
      [{ kind: "json", value: ["secret"] }, "ARGUMENTS_NOT_JSON"],
      [{ kind: "bytes", bytes: bytes("secret") }, "ARGUMENTS_NOT_JSON"],
      [{ kind: "bytes", bytes: bytes('{"text":"a","text":"secret"}') }, "ARGUMENT_REPEATED"],
      [{ kind: "pairs", pairs: ["text=a", "text=secret"] }, "ARGUMENT_REPEATED"],
      [{ kind: "pairs", pairs: ["secret"] }, "ARGUMENT_MALFORMED"],
      [
        { kind: "bytes", bytes: bytes('{"text":"a","__proto__":{"secret":1}}') },
        "ARGUMENT_UNKNOWN",
      ],
    ];
    for (const [args, code] of cases) {
      const result = await runtime.invoke({ ...request("argv"), args, level });
      expect(refusedWith(result)).toEqual(["arguments", code]);
      expect(JSON.stringify(result)).not.toContain("secret");
      expect(JSON.stringify(result)).toMatch(/"message":".{10,}"/u);
    }
  });
});
