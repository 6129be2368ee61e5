import { digestBytes } from "@clawkeep/integrity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { HistoryRecord } from "../store/record.ts";
import { generationBefore } from "./generation-before.ts";

type Attempt = readonly [outcome: HistoryRecord["outcome"], text: string, of?: number];

/** A history whose generations have one file with that text; with `of` it is a rollback. */
function historyOf(...attempts: readonly Attempt[]): readonly HistoryRecord[] {
  return attempts.map(([outcome, text, of], index) => ({
    version: 1,
    number: index + 1,
    at: "2026-11-22T00:00:00.000Z",
    kind: of === undefined ? "apply" : "rollback",
    ...(of === undefined ? {} : { of }),
    outcome,
    files: [{ path: "/etc/a", mode: 0o600, digest: digestBytes(text) }],
  }));
}

describe("T22: the generation before", () => {
  test.each<[string, readonly Attempt[], number | undefined]>([
    ["nothing was applied", [], undefined],
    ["the first one", [["applied", "a"]], undefined],
    [
      "the one below",
      [
        ["applied", "a"],
        ["applied", "b"],
      ],
      1,
    ],
    [
      "one with other files",
      [
        ["applied", "a"],
        ["applied", "b"],
        ["applied", "b"],
      ],
      1,
    ],
    [
      "an attempt that came to nothing is none",
      [
        ["applied", "a"],
        ["interrupted", "b"],
        ["rolled-back", "c"],
        ["applied", "d"],
      ],
      1,
    ],
    [
      "going back twice goes back twice",
      [
        ["applied", "a"],
        ["applied", "b"],
        ["applied", "c"],
        ["applied", "b", 2],
      ],
      1,
    ],
    [
      "there is nothing below the first",
      [
        ["applied", "a"],
        ["applied", "b"],
        ["applied", "a", 1],
      ],
      undefined,
    ],
    [
      "what was given up is not gone back to",
      [
        ["applied", "a"],
        ["applied", "b"],
        ["applied", "a", 1],
        ["applied", "c"],
      ],
      3,
    ],
    [
      "unless it was named since",
      [
        ["applied", "a"],
        ["applied", "b"],
        ["applied", "a", 1],
        ["applied", "b", 2],
        ["applied", "c"],
      ],
      4,
    ],
  ])("%s", (_name, attempts, expected) => {
    expect(generationBefore(historyOf(...attempts))?.number).toBe(expected);
  });

  test("a change that is rolled back leaves the way as it was, whatever came before", () => {
    const attempt = fc.tuple(fc.constantFrom("applied", "interrupted"), fc.constantFrom("a", "b"));
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 1, maxLength: 8 }), (attempts) => {
        const before = historyOf(...attempts);
        const current = before.findLast(({ outcome }) => outcome === "applied");
        fc.pre(current !== undefined);
        const text = attempts[(current?.number ?? 1) - 1]?.[1] ?? "";
        const after = historyOf(
          ...attempts,
          ["applied", "new"],
          ["applied", text, current?.number],
        );
        expect(generationBefore(after)).toEqual(generationBefore(before));
      }),
    );
  });
});
