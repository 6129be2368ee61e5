import { expect, test } from "vitest";

import { graphMemory } from "./graph-memory.ts";

const digest = `sha256:${"0".repeat(64)}` as const;
const outline = [
  { path: "a", digest, chunks: 10_000 },
  { path: "b", digest, chunks: 30_000 },
  { path: "c", digest, chunks: 16_000 },
];

test("a graph that takes more memory than was asked for is a finding with the size that it needs", () => {
  const [finding, ...more] = graphMemory([["a", "b"], ["c"]], outline, 120e6);
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ code: "INDEX_MEMORY", severity: "warning" });
  expect(finding?.message).toContain("40000 passages takes about 142 MB");
  expect(finding?.hint).toContain("--memory 142M");
});

test("nothing is said where it fits, where there is no graph, and where nobody asked", () => {
  expect(graphMemory([["a", "b"]], outline, 142e6)).toEqual([]);
  expect(graphMemory([["a"], ["c"]], outline, 96e6)).toEqual([]);
  expect(graphMemory([["a", "b"]], outline, undefined)).toEqual([]);
  expect(graphMemory([], outline, 96e6)).toEqual([]);
});
