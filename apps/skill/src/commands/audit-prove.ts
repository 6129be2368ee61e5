import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { checkProof, proveRecord } from "@clawkeep/audit-log";
import { stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { findingsText, printData, printNote } from "../output/print.ts";

/** Options of `audit prove` as they were written. */
export interface AuditProveOptions {
  readonly end?: boolean;
  readonly check?: string;
  readonly verifier?: string;
}

/**
 * Prints a proof that a record of an execution is in the log, or checks such a proof without the log.
 *
 * @returns 0, or 1 when the log does not verify or the proof does not hold
 */
export async function proveAudit(
  id: string | undefined,
  options: AuditProveOptions,
): Promise<number> {
  const folder = auditFolder(stateHome(process.env));
  if (options.check !== undefined) {
    if (id !== undefined || options.end === true) throw usage("either an id or --check");
    const key = await readKey(options.verifier ?? join(folder, "verifier"));
    return checkOne(await readText(options.check, "PROOF_UNREADABLE", "a proof"), key);
  }
  if (id === undefined) throw usage("the id of an execution, or --check with a proof");
  if (options.verifier !== undefined) throw usage("--verifier with --check only");
  const type = options.end === true ? "execution-end" : "execution-start";
  const { proof, verification } = await proveRecord(folder, id, type);
  if (proof === undefined) {
    printNote(findingsText(verification.findings));
    return 1;
  }
  printData(proof);
  return 0;
}

function checkOne(text: string, key: string): number {
  const { ok, findings, proof } = checkProof(text, key);
  if (!ok || proof === undefined) {
    printData(`${findingsText(findings)}NOT proven`);
    return 1;
  }
  const { record, index } = proof;
  const of = "execution" in record ? ` of ${record.execution}` : "";
  printData(escapeForTerminal(`proven: record ${index} of log ${record.log}, ${record.type}${of}`));
  return 0;
}

/** A key has `+` between its parts; what has none is the file that holds it. */
export async function readKey(keyOrFile: string): Promise<string> {
  if (/^[^+]+\+[0-9a-f]{8}\+/u.test(keyOrFile)) return keyOrFile;
  return readText(keyOrFile, "VERIFIER_UNREADABLE", "the log's public key (--verifier)");
}

/**
 * Reads a file that the command line names.
 *
 * @throws CodedError with `code`
 */
export async function readText(file: string, code: string, expected: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new CodedError({ code, message: `expected ${expected} in ${file}`, cause });
  }
}

function usage(expected: string): CodedError {
  const hint = "clawkeep-skill audit prove --help";
  return new CodedError({ code: "USAGE", message: `expected ${expected}`, hint });
}
