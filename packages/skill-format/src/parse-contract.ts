import type { Finding } from "@clawkeep/diagnostics";

import type { Action, Contract, ProgramReference } from "./contract.ts";
import { actionSchema, headSchema } from "./contract-schema.ts";
import { readText } from "./read-text.ts";
import { relativeFileProblem } from "./relative-file.ts";
import { resolveAction } from "./resolve-action.ts";
import { shapeFindings } from "./shape-findings.ts";
import { readStrictYaml } from "./strict-yaml.ts";
import type { YamlValue } from "./strict-yaml.ts";
import type { WrittenHead } from "./written-contract.ts";

/** A contract, or `undefined` beside at least one error. */
export interface ContractResult {
  readonly contract: Contract | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Reads a contract file of version 1 and reports everything that is wrong with it at once.
 * `files` are the skill's files by relative path, for what the contract refers to.
 */
export function parseContract(
  bytes: Uint8Array,
  file: string,
  files: ReadonlyMap<string, Uint8Array>,
): ContractResult {
  const { text, findings: textFindings } = readText(bytes, file);
  if (text === undefined) return { contract: undefined, findings: textFindings };
  const findings: Finding[] = [...textFindings];
  const none = (more: readonly Finding[]): ContractResult => ({
    contract: undefined,
    findings: [...findings, ...more],
  });
  if (file.endsWith(".json") && !isJson(text)) {
    return none([
      {
        code: "CONTRACT_NOT_JSON",
        severity: "error",
        message: "expected JSON, got something else",
        hint: "Correct it, or name the file exec.yaml.",
        file,
        line: 1,
        column: 1,
      },
    ]);
  }
  const yaml = readStrictYaml(text, { file });
  if (yaml.findings.length > 0) return none(yaml.findings);
  const version = versionFinding(yaml);
  if (version !== undefined) return none([version]);

  const head = headSchema.safeParse(yaml.value);
  if (!head.success) findings.push(...shapeFindings(head.error, { yaml, prefix: "CONTRACT" }));
  const actions: Record<string, Action> = {};
  const written = writtenActions(yaml.value);
  for (const [name, one] of Object.entries(written)) {
    const path = ["actions", name];
    const parsed = actionSchema.safeParse(one);
    if (!parsed.success) {
      findings.push(...shapeFindings(parsed.error, { yaml, prefix: "CONTRACT", path }));
      continue;
    }
    actions[name] = resolveAction(parsed.data, {
      files,
      report: (code, inner, message, hint) => {
        const place = yaml.locate([...path, ...inner]);
        findings.push({ code, severity: "error", message: `${name}: ${message}`, hint, ...place });
      },
    });
  }
  if (head.success) findings.push(...headFindings(head.data, yaml, files));
  if (!head.success || findings.some((finding) => finding.severity === "error")) return none([]);
  const names = Object.keys(actions);
  const defaultAction = head.data.defaultAction ?? (names.length === 1 ? names[0] : undefined);
  return {
    contract: {
      contract: 1,
      program: resolveProgram(head.data.program),
      ...(defaultAction === undefined ? {} : { defaultAction }),
      actions,
    },
    findings,
  };
}

function versionFinding(yaml: YamlValue): Finding | undefined {
  const value = yaml.value;
  if (typeof value !== "object" || value === null || !("contract" in value)) return undefined;
  const version = value.contract;
  if (version === 1 || typeof version !== "number") return undefined;
  // A file of another version is judged by no rule of this one.
  return {
    code: "CONTRACT_VERSION",
    severity: "error",
    message: `expected contract: 1, got ${version}`,
    hint: "Use a runtime that knows this version, or write the contract as version 1.",
    ...yaml.locate(["contract"]),
  };
}

function headFindings(
  head: WrittenHead,
  yaml: YamlValue,
  files: ReadonlyMap<string, Uint8Array>,
): readonly Finding[] {
  const findings: Finding[] = [];
  const report = (
    code: string,
    path: readonly PropertyKey[],
    message: string,
    hint: string,
  ): void => {
    findings.push({ code, severity: "error", message, hint, ...yaml.locate(path) });
  };
  const count = Object.keys(head.actions).length;
  if (count < 1 || count > 64) {
    report(
      "CONTRACT_LIMIT",
      ["actions"],
      `expected 1 to 64 actions, got ${count}`,
      "Declare what the skill can do.",
    );
  }
  if (head.defaultAction !== undefined && !Object.hasOwn(head.actions, head.defaultAction)) {
    report(
      "CONTRACT_UNDECLARED",
      ["defaultAction"],
      `expected the name of an action, got ${JSON.stringify(head.defaultAction)}`,
      "Name one of `actions`.",
    );
  }
  if (typeof head.program === "object" && "file" in head.program) {
    const problem = relativeFileProblem(head.program.file);
    if (problem !== undefined || !files.has(head.program.file)) {
      report(
        "CONTRACT_PROGRAM_FILE",
        ["program", "file"],
        problem ?? `expected a file of this folder, got ${JSON.stringify(head.program.file)}`,
        "Name a regular file relative to the skill folder; links and dotfiles do not count.",
      );
    }
  }
  return findings;
}

function resolveProgram(written: WrittenHead["program"]): ProgramReference {
  if (typeof written === "string") return { kind: "installed", name: written };
  return "system" in written
    ? { kind: "system", name: written.system }
    : { kind: "file", file: written.file, interpreter: written.interpreter };
}

function writtenActions(value: unknown): Readonly<Record<string, unknown>> {
  const actions: unknown =
    typeof value === "object" && value !== null && "actions" in value ? value.actions : undefined;
  return typeof actions === "object" && actions !== null && !Array.isArray(actions)
    ? Object.fromEntries(Object.entries(actions))
    : {};
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
