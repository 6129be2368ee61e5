import type { Advice, InitialAnswers } from "@clawkeep/provision-plan";
import { initialSpec, parseSpec } from "@clawkeep/provision-plan";
import { expect, test } from "vitest";

import { askAnswers } from "./ask-answers.ts";
import type { Prompter, Said } from "./ask-answers.ts";

const first: InitialAnswers = {
  name: "claw",
  profile: "bare-metal",
  model: "ollama/gpt-oss:20b",
  ui: true,
  exposure: "loopback",
  internet: false,
  channels: [],
  privateData: true,
  gpu: true,
};
const advice: Advice = {
  profile: "bare-metal",
  model: "ollama/gpt-oss:20b",
  contextTokens: 65_536,
  cache: "f16",
  reasons: [],
  models: [
    {
      ref: "ollama/qwen2.5-coder:7b",
      fits: true,
      on: "gpu",
      contextTokens: 32_768,
      cache: "q8_0",
      needsGb: 8,
      why: "8.0 GB for 32768 tokens",
      rows: [],
    },
  ],
};

/** Says what was written down, and notes what was asked. */
function scripted(says: readonly (string | readonly string[])[]): {
  readonly prompter: Prompter;
  readonly asked: readonly string[];
} {
  const left = [...says];
  const asked: string[] = [];
  const answer = (question: string): Said<string> => {
    asked.push(question);
    const said = left.shift();
    if (said === "<") return "back";
    return typeof said === "string" ? { value: said } : "cancel";
  };
  return {
    asked,
    prompter: {
      text: (question, initial, problem) => {
        const said = answer(question);
        if (typeof said === "string" || said.value !== "=") {
          if (typeof said !== "string") expect(problem(said.value)).toBeUndefined();
          return Promise.resolve(said);
        }
        return Promise.resolve({ value: initial });
      },
      choose: (question, choices, initial) => {
        const said = answer(question);
        const value = typeof said === "string" ? undefined : said.value;
        if (value === "=") return Promise.resolve({ value: initial });
        if (value !== undefined) expect(choices.map((one) => one.value)).toContain(value);
        return Promise.resolve(said);
      },
      several: (question) => {
        asked.push(question);
        const said = left.shift();
        if (said === "<") return Promise.resolve("back");
        return Promise.resolve(
          Array.isArray(said) ? { value: said as readonly string[] } : "cancel",
        );
      },
    },
  };
}

test("G13: the wizard asks for name, layout, model, network, way in and GPU, and its answers hold", async () => {
  const { prompter, asked } = scripted(["home", "=", "ollama/qwen2.5-coder:7b", "no", "ssh", "no"]);
  const answers = await askAnswers(first, advice, prompter);
  expect(answers).toMatchObject({
    name: "home",
    model: "ollama/qwen2.5-coder:7b",
    contextTokens: 32_768,
    cache: "q8_0",
    exposure: "ssh",
    gpu: false,
  });
  expect(asked).toHaveLength(6);
  const text = initialSpec(answers ?? first);
  const { findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
});

test("G13: search and channels are asked about only with a way out, and a reason only with both", async () => {
  const { prompter, asked } = scripted([
    "=",
    "=",
    "=",
    "yes",
    "gemini",
    ["telegram"],
    "the workspace holds published pages",
    "=",
    "=",
  ]);
  const answers = await askAnswers(first, advice, prompter);
  expect(answers).toMatchObject({ internet: true, search: "gemini", channels: ["telegram"] });
  expect(asked).toContain("Why may private files stand beside search and a channel?");
});

test("G13: back asks the question before again, also over one that was skipped", async () => {
  const { prompter, asked } = scripted(["one", "<", "two", "=", "=", "no", "<", "no", "=", "="]);
  const answers = await askAnswers(first, advice, prompter);
  expect(answers?.name).toBe("two");
  expect(asked.filter((one) => one === "What is it called?")).toHaveLength(2);
  expect(asked.filter((one) => one === "May it reach the internet?")).toHaveLength(2);
});

test.each([0, 1, 2, 3, 4, 5])("G13: stopping at question %i leaves nothing", async (at) => {
  const { prompter } = scripted(["=", "=", "=", "no", "=", "="].slice(0, at));
  expect(await askAnswers(first, advice, prompter)).toBeUndefined();
});
