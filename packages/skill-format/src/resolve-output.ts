import type { JsonSchema, OutputSpec } from "./contract.ts";
import { relativeFileProblem } from "./relative-file.ts";
import { defined } from "./defined.ts";
import type { ActionSurroundings } from "./resolve-action.ts";
import type { ReportProblem } from "./report-problem.ts";
import { schemaProblems } from "./json-schema.ts";
import { readStrictYaml } from "./strict-yaml.ts";
import type { WrittenAction } from "./written-contract.ts";

/** Fills in the defaults of `output` and reads its schema, from the contract or from its file. */
export function resolveOutput(
  written: NonNullable<WrittenAction["output"]>,
  { files, report }: ActionSurroundings,
): OutputSpec {
  const format = written.format ?? "text";
  const overflow = written.overflow ?? "fail";
  const maxBytes = written.maxBytes ?? 1_000_000;
  const base = {
    format,
    maxBytes,
    overflow,
    ...(written.artifact === undefined ? {} : { artifact: defined(written.artifact) }),
  };
  if (written.artifact !== undefined && overflow !== "truncate") {
    report(
      "CONTRACT_FORMAT",
      ["output", "artifact"],
      "expected `overflow: truncate` beside `artifact`: nothing else is kept whole",
      "Write `overflow: truncate`, or remove `artifact`.",
    );
  }
  if (written.artifact?.maxBytes !== undefined && written.artifact.maxBytes < maxBytes) {
    report(
      "CONTRACT_LIMITS",
      ["output", "artifact", "maxBytes"],
      `expected at least output.maxBytes (${maxBytes}), got ${written.artifact.maxBytes}`,
      "Raise it.",
    );
  }
  if (format === "json" && overflow === "truncate") {
    report(
      "CONTRACT_FORMAT",
      ["output", "overflow"],
      "expected `overflow: fail` beside `format: json`: half a JSON value is none",
      "Raise maxBytes, or print text.",
    );
  }
  if (written.schema === undefined) return base;
  if (format === "text") {
    report(
      "CONTRACT_FORMAT",
      ["output", "schema"],
      "expected a schema only beside `format: json`",
      "Remove one of the two.",
    );
  }
  if (typeof written.schema !== "string") {
    return { ...base, ...judge(written.schema, "inline", report) };
  }
  const problem = relativeFileProblem(written.schema);
  const bytes = files.get(written.schema);
  if (problem !== undefined || bytes === undefined || !written.schema.endsWith(".json")) {
    report(
      "CONTRACT_SCHEMA",
      ["output", "schema"],
      problem ?? `expected a .json file of this folder, got ${JSON.stringify(written.schema)}`,
      "Name the file relative to the skill folder; links and dotfiles do not count.",
    );
    return base;
  }
  return {
    ...base,
    schemaFile: written.schema,
    ...judge(parse(bytes, written.schema, report), written.schema, report),
  };
}

function parse(bytes: Uint8Array, file: string, report: ReportProblem): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    // JSON.parse keeps the last of two equal keys, and nests as deep as the stack.
    const { value, findings } = readStrictYaml(text, { file });
    const first = findings[0];
    if (first === undefined) return value;
    throw new Error(`line ${first.line ?? 1}: ${first.message}`);
  } catch (error) {
    report(
      "CONTRACT_SCHEMA",
      ["output", "schema"],
      `expected JSON in ${file}, got: ${error instanceof Error ? error.message : String(error)}`,
      "Correct the file.",
    );
    return undefined;
  }
}

function judge(
  schema: unknown,
  file: string,
  report: ReportProblem,
): { readonly schema?: JsonSchema } {
  if (schema === undefined) return {};
  const problems = schemaProblems(schema);
  for (const { pointer, message } of problems) {
    report(
      "CONTRACT_SCHEMA",
      ["output", "schema"],
      `${file} at ${JSON.stringify(pointer)}: ${message}`,
      "docs/exec-contract.md lists the keywords that can be used.",
    );
  }
  return problems.length > 0 ? {} : { schema: schema as JsonSchema };
}
