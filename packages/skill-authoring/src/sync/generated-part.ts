import { generatedMarkers } from "@clawkeep/skill-format";
import type { Action, ArgumentSpec, Contract } from "@clawkeep/skill-format";

/** The generated part of a `SKILL.md`, markers included: what the contract says, for people and agents. */
export function generatedPart(name: string, contract: Contract): string {
  const actions = Object.entries(contract.actions).map(([action, spec]) =>
    actionPart(name, action, spec, contract.defaultAction === action),
  );
  return [generatedMarkers.begin, ...actions.flat(), generatedMarkers.end].join("\n");
}

function actionPart(
  skill: string,
  name: string,
  action: Action,
  isDefault: boolean,
): readonly string[] {
  const rows = Object.entries(action.arguments).map(
    ([argument, spec]) =>
      `| \`${argument}\` | ${valuesOf(spec)} | ${needOf(spec)} | ${inline(spec.description ?? "")} |`,
  );
  const roots = Object.entries(action.roots).map(
    ([root, spec]) =>
      `- Folder \`${root}\` (${spec.access}${spec.default === undefined ? "" : `, default \`${inline(spec.default)}\``})${spec.description === undefined ? "" : `: ${inline(spec.description)}`}`,
  );
  const codes = Object.entries(action.exitCodes).map(([code, meaning]) => `${code} ${meaning}`);
  return [
    `### Action \`${name}\`${isDefault ? " (default)" : ""}`,
    "",
    inline(action.description),
    "",
    "```sh",
    `clawkeep-skill run ${skill} ${name} --args-json - --json`,
    "```",
    "",
    ...(rows.length === 0
      ? ["It takes no arguments: send `{}`."]
      : [
          "Send one JSON object on standard input:",
          "",
          "| argument | values | | meaning |",
          "| --- | --- | --- | --- |",
          ...rows,
        ]),
    "",
    ...(roots.length === 0 ? [] : [...roots, ""]),
    `Output: ${action.output.format === "json" ? "one JSON value" : "text"}, at most ${action.output.maxBytes} bytes. Exit codes: ${codes.join(", ")}. ${action.effects === "writes" ? "It writes." : "It changes nothing."}`,
    "",
  ];
}

function valuesOf(spec: ArgumentSpec): string {
  switch (spec.type) {
    case "string":
      return `text, ${spec.minBytes} to ${spec.maxBytes} bytes${spec.multiline ? "" : ", one line"}`;
    case "integer":
    case "number":
      return `${spec.type === "integer" ? "whole number" : "number"}, ${spec.minimum} to ${spec.maximum}`;
    case "boolean":
      return "true or false";
    case "enum":
      return spec.values.map((value) => inline(JSON.stringify(value))).join(", ");
    default:
      return `path in \`${spec.root}\``;
  }
}

function needOf(spec: ArgumentSpec): string {
  if (spec.default !== undefined) return `default ${inline(JSON.stringify(spec.default))}`;
  return spec.required ? "required" : "may be left out";
}

/** Text of a contract within one line of Markdown: no markup, no comment that could end the part. */
function inline(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .trim()
    .replace(/[\\|<>[\]*_`]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
