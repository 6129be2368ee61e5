import type { Finding } from "@clawkeep/diagnostics";
import type { z } from "zod";

import type { YamlValue } from "./strict-yaml.ts";

/** Where the judged value sits in its file, and what the codes of its findings begin with. */
export interface ShapeContext {
  readonly yaml: YamlValue;
  readonly prefix: "CONTRACT" | "SKILL" | "CASE" | "DEPLOY";
  /** The page that says what the file can hold. Default: docs/exec-contract.md. */
  readonly guide?: string;
  readonly path?: readonly PropertyKey[];
}

/** Turns what a zod schema has against a value into findings with places. One for each wrong thing. */
export function shapeFindings(error: z.ZodError, context: ShapeContext): readonly Finding[] {
  return error.issues.flatMap((issue) => describe(issue, context.path ?? [], context));
}

type Issue = z.core.$ZodIssue;

function describe(
  issue: Issue,
  base: readonly PropertyKey[],
  context: ShapeContext,
): readonly Finding[] {
  const path = [...base, ...issue.path];
  const where = pathText(path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        code: `${context.prefix}_UNKNOWN_KEY`,
        severity: "error",
        message: `the key ${JSON.stringify(key)} is not one that ${where} can have`,
        hint: "Check its spelling and its place; no key is ignored.",
        ...context.yaml.locate([...path, key], "key"),
      }));
    case "invalid_union": {
      const branch = nearestBranch(issue.errors);
      if (branch !== undefined) return branch.flatMap((inner) => describe(inner, path, context));
      break;
    }
    case "invalid_key":
      return [
        {
          code: `${context.prefix}_NAME`,
          severity: "error",
          message: `the name ${JSON.stringify(String(path.at(-1)))} is not valid: ${issue.issues[0]?.message ?? issue.message}`,
          hint: "Rename it.",
          ...context.yaml.locate(path, "key"),
        },
      ];
    case "invalid_type":
      // Zod leaves the input out of the message data; a key that is not there says "undefined".
      if (/received undefined/u.test(issue.message)) {
        return [
          {
            code: `${context.prefix}_MISSING_KEY`,
            severity: "error",
            message: `expected ${where} to be there (${issue.expected}), got nothing`,
            hint: `Add ${JSON.stringify(String(path.at(-1)))}.`,
            ...context.yaml.locate(path),
          },
        ];
      }
      break;
    default:
      break;
  }
  return [
    {
      code: `${context.prefix}_VALUE`,
      severity: "error",
      message: `${where}: ${issue.message}`,
      hint: `See ${context.guide ?? "docs/exec-contract.md"} for what this key can hold.`,
      ...context.yaml.locate(path),
    },
  ];
}

/** Of the alternatives of a union, the one that got furthest into the value. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const inner = branches.filter((branch) =>
    branch.every((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys"),
  );
  if (inner.length > 0) return inner.toSorted((a, b) => a.length - b.length)[0];
  return branches.find((branch) => branch.every((issue) => issue.code === "invalid_format"));
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "the file";
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${String(part)}`,
    )
    .join("");
}
