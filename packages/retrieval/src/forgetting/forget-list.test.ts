import { CodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { forgets, toPattern } from "./forget-list.ts";

describe("what is to be forgotten", () => {
  test("is a file, a folder with all in it, or what a glob matches", () => {
    const isForgotten = forgets(["plan.md", "private", "docs/**/*.draft.md", "old-*", "a[1]?.md"]);
    const yes = [
      "plan.md",
      "private/a.md",
      "private/deep/b.md",
      "docs/x.draft.md",
      "docs/a/b/x.draft.md",
      "old-things/x.md",
      "a[1]2.md",
    ];
    const no = ["plan.md.txt", "my/plan.md", "privately.md", "docs/x.md", "x/old-y", "a12.md"];
    expect(yes.filter((file) => !isForgotten(file))).toEqual([]);
    expect(no.filter(isForgotten)).toEqual([]);
    expect(forgets([])("plan.md")).toBe(false);
  });

  test("cannot hang a walk, whatever the pattern", () => {
    const isForgotten = forgets([`${"*a".repeat(2000)}b`]);
    expect(isForgotten("a".repeat(200))).toBe(false);
  });

  test("is named as a shell would, and kept as citations name it", () => {
    const names = ["./docs/", "docs//", "/work/space/docs", "x/../docs"];
    expect(names.map((name) => toPattern("/work/space", name))).toEqual(names.map(() => "docs"));
  });

  test("is never everything, nothing, or something outside", () => {
    for (const name of ["", " ", ".", "./", "..", "../x", "/work/space", "/etc", "a\nb"]) {
      expect(() => toPattern("/work/space", name)).toThrow(
        expect.objectContaining({ code: "FORGET_PATTERN" }),
      );
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(toPattern("/work/space", text)).not.toMatch(/^(?:\.{0,2}|\.\.\/.*|\/.*)$/u);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
    );
  });
});
