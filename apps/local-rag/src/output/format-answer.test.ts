import type { Answer } from "@clawkeep/retrieval";
import { describe, expect, test } from "vitest";

import { errorAsJson } from "./error-as-json.ts";
import { formatAnswer } from "./format-answer.ts";

const digest = `sha256:${"0".repeat(64)}` as const;
const answer: Answer = {
  version: 1,
  query: "why",
  results: [
    {
      text: Array.from({ length: 10 }, (_, line) => `line ${line + 1}`).join("\n"),
      score: 0.5,
      source: "a.md:1-10",
      citation: {
        path: "a.md",
        headings: ["A", "B"],
        lineStart: 1,
        lineEnd: 10,
        byteStart: 0,
        byteEnd: 70,
        chunkDigest: digest,
        documentDigest: digest,
      },
      explain: { cosine: 0.25, bm25: 3, fused: 0.7, keywordRank: 1 },
    },
  ],
  summary: { text: "Because. [1]", sentences: [{ text: "Because.", citation: 0 }] },
  snapshotRoot: digest,
  explain: { terms: [{ term: "why", idf: 1.5 }], largestBm25: 3, candidates: 7 },
};

describe("an answer for people", () => {
  test("has the summary first, then each passage with its place and figures", () => {
    expect(formatAnswer(answer)).toBe(
      `Because. [1]

[1] a.md:1-10  0.500
    A > B
    cosine 0.2500 (rank -), bm25 3.000 (rank 1), fused 0.7000

    line 1
    line 2
    line 3
    line 4
    line 5
    line 6
    line 7
    line 8
    … 2 more lines

snapshot ${digest}
terms    why 1.50
largest bm25 3.000, 7 candidates
`,
    );
  });

  test("says why there is none", () => {
    const none = { ...answer, results: [], reason: "no-match" as const, detail: "it is blank" };
    expect(formatAnswer(none)).toBe("No match: it is blank.\n");
  });
});

describe("an error as JSON", () => {
  test("keeps code and hint, and calls what has none internal", () => {
    expect(errorAsJson(new TypeError("x"))).toEqual({
      version: 1,
      error: { code: "INTERNAL", message: "x" },
    });
    expect(errorAsJson("text").error.message).toBe("text");
  });
});
