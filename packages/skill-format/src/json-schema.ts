import type { Finding } from "@clawkeep/diagnostics";
import { Validator } from "@cfworker/json-schema";

import type { JsonSchema } from "./contract.ts";

/** Most subschemas a schema may have once its references are followed: bounds the work of a check. */
const maxSubschemas = 5000;

const annotations: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$comment",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

const oneSchema: ReadonlySet<string> = new Set([
  "additionalProperties",
  "propertyNames",
  "items",
  "contains",
  "not",
  "if",
  "then",
  "else",
]);
const listOfSchemas: ReadonlySet<string> = new Set(["prefixItems", "allOf", "anyOf", "oneOf"]);
const mapOfSchemas: ReadonlySet<string> = new Set(["properties", "$defs"]);

const types: readonly unknown[] = [
  "null",
  "boolean",
  "object",
  "array",
  "number",
  "integer",
  "string",
];

/** Keywords with a plain value, and what that value has to be. */
const plain: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) =>
    Array.isArray(value) ? value.every((one) => types.includes(one)) : types.includes(value),
  enum: Array.isArray,
  const: () => true,
  required: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  minProperties: isCount,
  maxProperties: isCount,
  minItems: isCount,
  maxItems: isCount,
  minContains: isCount,
  maxContains: isCount,
  minLength: isCount,
  maxLength: isCount,
  minimum: Number.isFinite,
  maximum: Number.isFinite,
  exclusiveMinimum: Number.isFinite,
  exclusiveMaximum: Number.isFinite,
  multipleOf: (value) => typeof value === "number" && value > 0,
};

/** Why a JSON Schema is outside the subset of `docs/exec-contract.md`, and at which JSON pointer. */
export interface SchemaProblem {
  readonly pointer: string;
  readonly message: string;
}

/** All problems of a schema; none means that `compileSchema` takes it. */
export function schemaProblems(schema: unknown): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const definitions = readDefinitions(schema);
  visit(schema, "", definitions, problems);
  if (problems.length > 0) return problems;
  const size = expandedSize(schema, definitions, []);
  if (size === "cycle")
    problems.push({ pointer: "", message: "expected no cycle of $ref, got one" });
  else if (size > maxSubschemas) {
    problems.push({
      pointer: "",
      message: `expected at most ${maxSubschemas} subschemas with references followed, got more`,
    });
  }
  return problems;
}

/**
 * Makes a checker of a schema that `schemaProblems` has nothing against. The checker returns every
 * disagreement as a finding `OUTPUT_SCHEMA` whose message begins with the place as a JSON pointer.
 */
export function compileSchema(schema: JsonSchema): (value: unknown) => readonly Finding[] {
  if (typeof schema === "boolean") {
    return () => (schema ? [] : [schemaFinding("", "expected no value, got one")]);
  }
  const { $id: _id, ...rest } = schema;
  const validator = new Validator(rest, "2020-12", false);
  return (value) => {
    const result = validator.validate(value);
    if (result.valid) return [];
    const findings = result.errors
      // An applicator only says that something inside it did not hold; that is listed itself.
      .filter(
        (error) => !["properties", "items", "prefixItems", "$ref", "allOf"].includes(error.keyword),
      )
      .map((error) => schemaFinding(error.instanceLocation.replace(/^#/u, ""), error.error));
    return findings.length > 0
      ? findings
      : [schemaFinding("", "the value does not match the schema")];
  };
}

function schemaFinding(pointer: string, message: string): Finding {
  return {
    code: "OUTPUT_SCHEMA",
    severity: "error",
    message: `at ${JSON.stringify(pointer)}: ${message}`,
    hint: "The program printed something that its contract does not declare: correct one of the two.",
  };
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readDefinitions(schema: unknown): ReadonlyMap<string, unknown> {
  const definitions = isRecord(schema) && isRecord(schema["$defs"]) ? schema["$defs"] : {};
  return new Map(Object.entries(definitions));
}

function visit(
  schema: unknown,
  pointer: string,
  definitions: ReadonlyMap<string, unknown>,
  problems: SchemaProblem[],
): void {
  if (typeof schema === "boolean") return;
  if (!isRecord(schema)) {
    problems.push({ pointer, message: "expected a schema: an object, true or false" });
    return;
  }
  for (const [keyword, value] of Object.entries(schema)) {
    const at = `${pointer}/${keyword}`;
    if (annotations.has(keyword)) continue;
    if (keyword === "$ref") {
      const name =
        typeof value === "string" ? /^#\/\$defs\/([^/~%]+)$/u.exec(value)?.[1] : undefined;
      if (name === undefined || !definitions.has(name)) {
        problems.push({
          pointer: at,
          message: 'expected "#/$defs/NAME" of a definition in this schema',
        });
      }
    } else if (keyword === "$defs" && pointer !== "") {
      problems.push({ pointer: at, message: "expected $defs at the top of the schema only" });
    } else if (oneSchema.has(keyword)) {
      visit(value, at, definitions, problems);
    } else if (listOfSchemas.has(keyword)) {
      if (!Array.isArray(value) || value.length === 0) {
        problems.push({ pointer: at, message: "expected a list of schemas" });
      } else
        for (const [index, one] of value.entries())
          visit(one, `${at}/${index}`, definitions, problems);
    } else if (mapOfSchemas.has(keyword)) {
      if (!isRecord(value))
        problems.push({ pointer: at, message: "expected an object of schemas" });
      else {
        for (const [name, one] of Object.entries(value)) {
          visit(one, `${at}/${escapeToken(name)}`, definitions, problems);
        }
      }
    } else if (!Object.hasOwn(plain, keyword)) {
      problems.push({
        pointer: at,
        message: `the keyword ${JSON.stringify(keyword)} is not in the subset`,
      });
    } else if (plain[keyword]?.(value) !== true) {
      problems.push({
        pointer: at,
        message: `the value of ${JSON.stringify(keyword)} is not one it can have`,
      });
    }
  }
}

function expandedSize(
  schema: unknown,
  definitions: ReadonlyMap<string, unknown>,
  path: readonly string[],
  known: Map<string, number> = new Map(),
): number | "cycle" {
  if (!isRecord(schema)) return 1;
  let size = 1;
  for (const [keyword, value] of Object.entries(schema)) {
    const parts: unknown[] = [];
    if (oneSchema.has(keyword)) parts.push(value);
    else if (listOfSchemas.has(keyword) && Array.isArray(value)) parts.push(...value);
    else if (mapOfSchemas.has(keyword) && isRecord(value) && keyword !== "$defs") {
      parts.push(...Object.values(value));
    }
    for (const part of parts) {
      const inner = expandedSize(part, definitions, path, known);
      if (inner === "cycle") return inner;
      size += inner;
    }
    if (keyword === "$ref" && typeof value === "string") {
      const name = value.slice("#/$defs/".length);
      if (path.includes(name)) return "cycle";
      const inner =
        known.get(name) ?? expandedSize(definitions.get(name), definitions, [...path, name], known);
      if (inner === "cycle") return inner;
      known.set(name, inner);
      size += inner;
    }
  }
  return size;
}

function escapeToken(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}
