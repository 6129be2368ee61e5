import type { Finding } from "@clawkeep/diagnostics";
import { canonicalJson } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";
import { resolvePointer } from "@clawkeep/skill-format";
import type { Action, ExitMeaning } from "@clawkeep/skill-format";

import type { OutputState } from "../execution.ts";
import type { ProgramRun } from "./program-run.ts";

/** What a program gave back, seen against its contract. */
export interface OutputJudgement {
  readonly meaning: ExitMeaning;
  readonly state: OutputState;
  readonly findings: readonly Finding[];
  /** Present when the contract says JSON and the output is. */
  readonly json?: unknown;
  readonly provenance: Readonly<Record<string, JsonValue>>;
}

/** A value that is copied into the record is short: it names something, it does not hold it. */
const maxProvenanceBytes = 4096;

/** Judges a result: what its exit code means, whether its output is what was declared. */
export async function judgeOutput(action: Action, ran: ProgramRun): Promise<OutputJudgement> {
  const meaning = meaningOf(action, ran);
  if (meaning === "failure") {
    return { meaning, state: "unchecked", findings: [], provenance: {} };
  }
  if (ran.stdout.bytes.length > action.output.maxBytes || ran.stdout.truncated) {
    const message = `the output is longer than ${action.output.maxBytes} bytes and was cut`;
    return {
      meaning,
      state: "truncated",
      findings: [{ code: "OUTPUT_TRUNCATED", severity: "warning", message }],
      provenance: {},
    };
  }
  const read = readOutput(action, ran);
  if ("why" in read) {
    return { meaning, state: "invalid", findings: [invalid(read.why)], provenance: {} };
  }
  if (action.output.format === "text") {
    return { meaning, state: "valid", findings: [], provenance: {} };
  }
  const findings = [...(await schemaFindings(action, read.value))];
  const provenance = readProvenance(action, read.value, findings);
  return {
    meaning,
    state: findings.length === 0 ? "valid" : "invalid",
    findings,
    json: read.value,
    provenance,
  };
}

function meaningOf(action: Action, { ended, exitCode }: ProgramRun): ExitMeaning {
  if (exitCode === null || ended !== "exited") {
    return "failure";
  }
  const code = String(exitCode);
  return (Object.hasOwn(action.exitCodes, code) ? action.exitCodes[code] : undefined) ?? "failure";
}

function readOutput(
  action: Action,
  { stdout, reply }: ProgramRun,
): { readonly value: unknown } | { readonly why: string } {
  if (reply !== undefined) {
    return action.output.format === "json" || typeof reply.output === "string"
      ? { value: reply.output }
      : { why: "expected a text as output, got another JSON value" };
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(stdout.bytes);
  } catch {
    return { why: "expected output in UTF-8, got other bytes" };
  }
  if (action.output.format === "text") {
    return { value: text };
  }
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { why: `expected one JSON value: ${error instanceof Error ? error.message : ""}` };
  }
}

async function schemaFindings(action: Action, value: unknown): Promise<readonly Finding[]> {
  if (action.output.schema === undefined) {
    return [];
  }
  const { compileSchema } = await import("@clawkeep/skill-format");
  return compileSchema(action.output.schema)(value);
}

function readProvenance(
  action: Action,
  value: unknown,
  findings: Finding[],
): Readonly<Record<string, JsonValue>> {
  const provenance: Record<string, JsonValue> = {};
  for (const [name, pointer] of Object.entries(action.provenance)) {
    const found = resolvePointer(value, pointer) as JsonValue | undefined;
    if (found === undefined) {
      findings.push(invalid(`expected a value at ${pointer} for the provenance ${name}, got none`));
    } else if (fits(found)) {
      provenance[name] = found;
    } else {
      findings.push(invalid(`the provenance ${name} has more than ${maxProvenanceBytes} bytes`));
    }
  }
  return provenance;
}

function fits(value: JsonValue): boolean {
  try {
    return Buffer.byteLength(canonicalJson(value)) <= maxProvenanceBytes;
  } catch {
    return false;
  }
}

function invalid(message: string): Finding {
  return {
    code: "OUTPUT_INVALID",
    severity: "error",
    message,
    hint: "the program printed something that its contract does not declare: correct one of the two",
  };
}
