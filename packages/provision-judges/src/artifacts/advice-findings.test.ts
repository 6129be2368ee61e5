import { expect, test } from "vitest";

import { judgeConsistency } from "./judge-consistency.ts";
import type { JudgedFile } from "./judged-file.ts";
import { renderedFiles } from "./rendered-files.cases.ts";

function rendered(more = ""): readonly JudgedFile[] {
  const text = `deploy: 1\nprofile: single-container\nmodels: {primary: ollama/gpt-oss:20b}\n${more}`;
  return renderedFiles(text);
}

test("L17: soft rules as they are rendered agree with where agents work", () => {
  expect(judgeConsistency(rendered()).findings).toEqual([]);
  const agents = "agents: {phi3: {model: ollama/gpt-oss:20b}}\n";
  expect(judgeConsistency(rendered(agents)).findings).toEqual([]);
});

test.each([
  ["rules that do not say what they are", "config/AGENTS.md", "Nothing enforces it", "They hold"],
  ["rules where OpenClaw does not look", "config/AGENTS.md", "## Tools", "## Words"],
  ["an image that does not bring them", "Dockerfile", /^COPY --chown.*\n/mu, ""],
  ["an image that brings them to another place", "Dockerfile", "workspace/AGENTS.md", "AGENTS.md"],
  ["rules that the gateway may not read", "Dockerfile", "--chown=1000:1000", "--chown=0:0"],
] as const)("L17: %s are seen", (_what, path, from, to) => {
  const edited = rendered().map((one) => {
    if (one.path !== path) return one;
    const text = one.text.replace(from, to);
    if (text === one.text) throw new Error(`nothing was edited in ${path}`);
    return { ...one, text };
  });
  expect(judgeConsistency(edited).codes).toContain("CONSISTENCY_ADVICE");
});
