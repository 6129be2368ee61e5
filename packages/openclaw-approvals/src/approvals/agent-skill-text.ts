import type { Action, ArgumentSpec } from "@clawkeep/skill-format";

/** A skill as an agent on the exec route reads it. */
export interface AgentSkill {
  readonly name: string;
  readonly description: string;
  /** Markdown after the front matter. */
  readonly body: string;
  readonly actions: Readonly<Record<string, Action>>;
  readonly launcher: string;
}

/**
 * The `SKILL.md` for OpenClaw's exec route: what the skill says, and after it the one form of each command
 * that the approvals let through.
 */
export function agentSkillText({ name, description, body, actions, launcher }: AgentSkill): string {
  const commands = Object.entries(actions).map(
    ([action, spec]) =>
      `- \`${launcher} ${[action, ...Object.entries(spec.arguments).map(placeholder)].join(" ")}\``,
  );
  return `---
name: ${name}
description: ${JSON.stringify(description)}
---

${body.trim()}

## How to call it here

With the tool \`exec\`, exactly in this form; anything else is denied:

${commands.join("\n")}

Arguments stand in this order. What is in square brackets may be left out. Quote each value with single
quotes, such as \`query='how do I start'\`; a value cannot begin with \`~\`. No pipe, no redirection, no variable.
`;
}

function placeholder([name, spec]: readonly [string, ArgumentSpec]): string {
  const value = spec.type === "integer" || spec.type === "number" ? "NUMBER" : "'…'";
  const written =
    spec.type === "boolean"
      ? `${name}=true`
      : spec.type === "enum"
        ? `${name}=${spec.values.join("|")}`
        : `${name}=${value}`;
  return spec.required && spec.default === undefined ? written : `[${written}]`;
}
