import { expect, test } from "vitest";

import { judgeConsistency } from "./judge-consistency.ts";
import type { JudgedFile } from "./judged-file.ts";
import { renderedFiles } from "./rendered-files.cases.ts";

const files: readonly JudgedFile[] = rendered();

function rendered(): readonly JudgedFile[] {
  const text = `deploy: 1
profile: bare-metal
models: {primary: openrouter/deepseek/deepseek-chat-v3.2}
egress: {mode: allowlist, allow: [{host: pages.example.net, why: pages of the team}]}
capabilities: {github: write, webSearch: gemini}
mcp:
  own: {command: /usr/local/bin/own, args: [serve], tools: [look]}
  pages: {url: "https://pages.example.net/v1", tools: [search]}
allow:
  - {control: mcp-command, reason: our own program of another team}
  - {control: private-data-and-outward, reason: a person reads what it writes}
`;
  return renderedFiles(text);
}

test("T20, C25: servers, search and GitHub as they are rendered agree", () => {
  expect(judgeConsistency(files)).toMatchObject({ status: "passed", findings: [] });
});

test.each([
  ["an address of mcporter's", "config/mcporter.json", "pages.example.net/v1", "other.example/v1"],
  ["an argument of mcporter's", "config/mcporter.json", '"serve"', '"other"'],
  ["a name of mcporter's", "config/mcporter.json", '"pages"', '"page"'],
  ["an address of OpenClaw's", "config/openclaw.json", "pages.example.net/v1", "a.example/v1"],
  ["a server without named tools", "config/openclaw.json", /"search"\n/u, ""],
  ["a host that is not on the allowlist", "config/squid.conf", /githubcopilot\.com$/mu, "x.com"],
  ["GitHub at another address", "config/openclaw.json", "api.githubcopilot.com", "evil.example"],
] as const)("T20: %s is seen", (_what, path, from, to) => {
  const edited = files.map((one) => {
    if (one.path !== path) return one;
    const text = one.text.replace(from, to);
    if (text === one.text) throw new Error(`nothing was edited in ${path}`);
    return { ...one, text };
  });
  expect(judgeConsistency(edited).codes).toContain("CONSISTENCY_SERVER");
});
