import fc from "fast-check";
import { expect, test } from "vitest";

import { madeModelName, modelfile } from "./modelfile.ts";
import { ollamaVariableProblem, ollamaVariables } from "./variables.ts";

test("C7, T17: a Modelfile has its context, and its threads where they are said", () => {
  expect(modelfile({ from: "qwen2.5-coder:7b", contextTokens: 65_536 })).toBe(
    "FROM qwen2.5-coder:7b\nPARAMETER num_ctx 65536\n",
  );
  expect(modelfile({ from: "phi3:3.8b", contextTokens: 32_768, numThread: 4, numGpu: 999 })).toBe(
    "FROM phi3:3.8b\nPARAMETER num_ctx 32768\nPARAMETER num_thread 4\nPARAMETER num_gpu 999\n",
  );
});

test.each([4096, 0, -1, Number.NaN, 16_383, 20_000.5])(
  "C7: a context of %d is refused",
  (contextTokens) => {
    expect(() => modelfile({ from: "a:1", contextTokens })).toThrow(
      expect.objectContaining({ code: "MODELFILE_CONTEXT" }),
    );
  },
);

test("a name can hold no second line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (from) => {
      let text: string;
      try {
        text = modelfile({ from, contextTokens: 65_536 });
      } catch (error) {
        expect(error).toMatchObject({ code: "MODELFILE_NAME" });
        return;
      }
      expect(text.split("\n")).toHaveLength(3);
    }),
  );
});

test("the made model is named after its context", () => {
  expect(madeModelName("qwen2.5-coder:7b", 65_536)).toBe("qwen2.5-coder-64k:7b");
  expect(madeModelName("qwen2.5-coder", 20_000)).toBe("qwen2.5-coder-20000");
});

test("C5: Ollama reads 24 variables, and the guides' three are none of them", () => {
  expect(ollamaVariables.size).toBe(24);
  for (const name of ["OLLAMA_NUM_GPU", "OLLAMA_MAX_RAM", "OLLAMA_NUM_THREADS"]) {
    expect(ollamaVariableProblem(name, "1")?.code).toBe("OLLAMA_NO_EFFECT");
  }
  expect(ollamaVariableProblem("OLLAMA_KEEP_ALIVE", "-1")).toBeUndefined();
  expect(ollamaVariableProblem("constructor", "1")?.code).toBe("OLLAMA_UNKNOWN_VARIABLE");
});

test.each(["0.0.0.0", "0.0.0.0:11434", ":11434", "[::]:11434", "*"])(
  "C10: OLLAMA_HOST=%s is all interfaces",
  (value) => {
    expect(ollamaVariableProblem("OLLAMA_HOST", value)?.code).toBe("OLLAMA_ALL_INTERFACES");
  },
);
