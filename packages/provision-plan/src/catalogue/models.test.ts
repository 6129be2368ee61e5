import { expect, test } from "vitest";

import { modelMemory } from "./model-memory.ts";
import { catalogue, findModel } from "./models.ts";

test("C8, G20, L8, T7, T17, T19: every table of the guides is in the one catalogue", () => {
  const rows = new Set(catalogue.flatMap((model) => model.rows));
  for (const row of ["C2", "C8", "C24", "G20", "L8", "T7", "T17", "T19"]) {
    expect(rows).toContain(row);
  }
});

test("S6: no model of it is a floating one, and none is there twice", () => {
  const refs = catalogue.map(({ ref }) => ref);
  expect(new Set(refs).size).toBe(refs.length);
  expect(refs.filter((ref) => /latest|\/auto$/u.test(ref))).toEqual([]);
});

test("C24: each named agent has exactly one model", () => {
  const agents = catalogue.flatMap(({ agent }) => (agent === undefined ? [] : [agent]));
  expect(agents.toSorted()).toEqual(["gpt-oss", "kimi", "minimax", "phi3", "qwen-14b", "qwen-7b"]);
});

test("a local model has its size, and no cloud one has", () => {
  for (const { where, sizeGb } of catalogue) expect(sizeGb !== undefined).toBe(where === "local");
});

test("L21: memory is weights, context and headroom", () => {
  const model = findModel("ollama/qwen2.5-coder:32b");
  const memory = model === undefined ? undefined : modelMemory(model, 65_536, "f16");
  expect(memory?.cacheGb).toBeCloseTo(17.18, 2);
  expect(memory?.ramGb).toBeCloseTo(20 + 17.18 + 2, 1);
  expect(memory?.vramGb).toBeCloseTo(37.18, 2);
});

test("L8: the default model has 131072 tokens", () => {
  expect(findModel("ollama/gpt-oss:20b")?.contextTokens).toBe(131_072);
});
