import fc from "fast-check";
import { expect, test } from "vitest";

import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { plainSpecs, richSpecs } from "../spec/specs.cases.ts";
import { environmentText, modelfiles, ollamaEnvironment } from "./environment.ts";
import { ollamaVariables } from "./variables.ts";

function specOf(text: string): DeploymentSpec {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return spec;
}

test.each([...plainSpecs, ...richSpecs])("C5: $name sets only what Ollama reads", ({ text }) => {
  for (const name of Object.keys(ollamaEnvironment(specOf(text)))) {
    expect(ollamaVariables).toContain(name);
  }
});

test("C10, L26, T10: Ollama listens on loopback, but alone in a container", () => {
  const host = (profile: string): string | undefined =>
    ollamaEnvironment(specOf(plainSpecs.find(({ name }) => name === profile)?.text ?? ""))[
      "OLLAMA_HOST"
    ];
  expect(host("bare-metal")).toBe("127.0.0.1:11434");
  expect(host("single-container")).toBe("127.0.0.1:11434");
  expect(host("macos")).toBe("127.0.0.1:11434");
  expect(host("cage")).toBe("0.0.0.0:11434");
});

test("threat 10: no cloud where no model of the cloud is named", () => {
  const cage = plainSpecs.find(({ name }) => name === "cage")?.text ?? "";
  expect(ollamaEnvironment(specOf(cage))).toMatchObject({ OLLAMA_NO_CLOUD: "1" });
  const agents = richSpecs.find(({ name }) => name === "named agents")?.text ?? "";
  expect(ollamaEnvironment(specOf(agents))).not.toHaveProperty("OLLAMA_NO_CLOUD");
});

test("a value cannot begin another line or run anything", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~]{0,40}$/u), (value) => {
      const text = environmentText({ OLLAMA_MODELS: value });
      expect(text.split("\n")).toHaveLength(2);
      expect(text.replaceAll(/\\./gu, "")).not.toMatch(/[$`]/u);
    }),
  );
});

test("C7: each local model has a Modelfile with its context and its threads", () => {
  const agents = richSpecs.find(({ name }) => name === "named agents")?.text ?? "";
  expect(modelfiles(specOf(agents))).toEqual([
    {
      name: "qwen2.5-coder-32k:14b-instruct-q4_K_M",
      text: "FROM qwen2.5-coder:14b-instruct-q4_K_M\nPARAMETER num_ctx 32768\nPARAMETER num_thread 4\nPARAMETER num_gpu 20\n",
    },
    {
      name: "qwen2.5-coder-32k:7b",
      text: "FROM qwen2.5-coder:7b\nPARAMETER num_ctx 32768\nPARAMETER num_thread 4\nPARAMETER num_gpu 20\n",
    },
    {
      name: "phi3-64k:3.8b",
      text: "FROM phi3:3.8b\nPARAMETER num_ctx 65536\nPARAMETER num_thread 4\nPARAMETER num_gpu 20\n",
    },
  ]);
});
