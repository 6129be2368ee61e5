import { splitFrontMatter } from "@clawkeep/skill-format";
import type { Action } from "@clawkeep/skill-format";
import { expect, test } from "vitest";

import { agentSkillText } from "./agent-skill-text.ts";

const text = {
  type: "string",
  minBytes: 0,
  maxBytes: 10,
  multiline: false,
  record: "keyed",
} as const;
const action = {
  arguments: {
    query: { ...text, required: true },
    topk: { type: "integer", minimum: 1, maximum: 9, default: 5, required: true, record: "store" },
    mode: { type: "enum", values: ["a", "b"], required: false, record: "store" },
  },
} as unknown as Action;

test("the agent reads the skill and the one form that is allowed", () => {
  const written = agentSkillText({
    name: "finder",
    description: 'Finds "things": all of them.',
    body: "\n# finder\n\nUse it.\n",
    actions: { query: action },
    launcher: "/opt/approved/clawkeep-finder",
  });
  expect(written).toContain("# finder\n\nUse it.");
  expect(written).toContain(
    "- `/opt/approved/clawkeep-finder query query='…' [topk=NUMBER] [mode=a|b]`",
  );
  const { frontMatter, findings } = splitFrontMatter(written, "SKILL.md");
  expect(findings).toEqual([]);
  expect(frontMatter?.yaml).toContain(String.raw`description: "Finds \"things\": all of them."`);
});
