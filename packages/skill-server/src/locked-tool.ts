import { quoteForModel, quoteLine } from "@clawkeep/diagnostics";
import type { Action, ArgumentSpec, Skill } from "@clawkeep/skill-format";

/** One action of a locked skill, as an agent is shown it. */
export interface LockedTool {
  /** `SKILL_ACTION`. */
  readonly name: string;
  readonly skill: string;
  readonly action: string;
  readonly description: string;
  /** JSON Schema of the arguments; nothing else is taken. */
  readonly inputSchema: ObjectSchema;
  /** Whether the contract says that it only reads. */
  readonly readOnly: boolean;
}

/** A closed JSON Schema of an object. */
export interface ObjectSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** A description is shown with every request of the agent: longer ones are cut. */
const longestDescription = 1000;

/** The tools of a skill, one an action. Descriptions are quoted as data. */
export function toolsOf(skill: Skill): readonly LockedTool[] {
  return Object.entries(skill.contract.actions).map(([name, action]) => ({
    name: `${skill.name}_${name}`,
    skill: skill.name,
    action: name,
    description: quoteForModel(action.description).slice(0, longestDescription),
    inputSchema: schemaOf(action),
    readOnly: action.effects === "read-only",
  }));
}

function schemaOf(action: Action): ObjectSchema {
  const entries = Object.entries(action.arguments);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, spec]) => [name, propertyOf(spec)])),
    required: entries
      .filter(([, spec]) => spec.required && spec.default === undefined)
      .map(([name]) => name),
    additionalProperties: false,
  };
}

function propertyOf(spec: ArgumentSpec): Readonly<Record<string, unknown>> {
  return {
    ...typeOf(spec),
    ...(spec.description === undefined
      ? {}
      : { description: quoteLine(spec.description).slice(0, longestDescription) }),
    ...(spec.default === undefined ? {} : { default: spec.default }),
  };
}

/** What JSON Schema can say of it. The runtime says the rest: bytes, control characters, places of paths. */
function typeOf(spec: ArgumentSpec): Readonly<Record<string, unknown>> {
  switch (spec.type) {
    case "integer":
    case "number":
      return { type: spec.type, minimum: spec.minimum, maximum: spec.maximum };
    case "boolean":
      return { type: "boolean" };
    case "enum":
      return { type: "string", enum: spec.values };
    case "string":
    case "path":
      // A character has a byte at least.
      return { type: "string", maxLength: spec.maxBytes };
    default:
      return spec satisfies never;
  }
}
