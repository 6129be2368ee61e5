import { escapeForTerminal, printableJson } from "@clawkeep/diagnostics";
import type { Execution, Refusal, RunResult } from "@clawkeep/skill-runtime";

import { findingsText, printData, printJson, printNote } from "./print.ts";

/** Which action was asked for, for the result that does not know. */
export interface Asked {
  readonly skill: string;
  readonly action?: string;
}

/**
 * Prints what a run came to.
 * @returns the exit code: the contract's meaning, 2 for a refusal, a failure or an error
 */
export function printResult(result: RunResult, asked: Asked, asJson: boolean): number {
  if (asJson) printJson(resultJson(asked, result));
  else if (result.kind === "execution") printExecution(result);
  else if (result.kind === "refusal") printRefusal(result);
  else printNote(escapeForTerminal(`${result.code}: ${result.message}`));
  if (result.kind !== "execution" || !result.ok) return 2;
  return result.meaning === "done" ? 0 : 1;
}

/** What `run --json` prints, version 1: a refusal, an error, or an execution with its output. */
export function resultJson(asked: Asked, result: RunResult): Readonly<Record<string, unknown>> {
  if (result.kind !== "execution") return { version: 1, ...asked, ...result };
  const { stdout, stderr, output: outputState, json, ...rest } = result;
  return {
    version: 1,
    ...rest,
    outputState,
    output: json === undefined ? decode(stdout) : json,
    stderr: decode(stderr),
  };
}

function printRefusal(refusal: Refusal): void {
  printNote(`refused (${refusal.stage}): nothing was run`);
  process.stderr.write(findingsText(refusal.findings));
}

function printExecution(run: Execution): void {
  // Exact bytes are in the JSON: what a person sees does nothing to the terminal.
  if (run.json !== undefined) printData(printableJson(run.json, 2));
  else if (run.stdout.length > 0)
    printData(escapeForTerminal(decode(run.stdout), { keepNewlines: true }));
  const said = decode(run.stderr).trimEnd();
  if (said !== "") printNote(escapeForTerminal(said, { keepNewlines: true }));
  process.stderr.write(findingsText(run.outputFindings));
  const how = run.terminatedBy ?? run.signal ?? `exit code ${run.exitCode}`;
  printNote(
    `${run.meaning}: ${run.skill} ${run.action}, ${how}, ${Math.round(run.durationMs)} ms, sandbox: ${run.level}, record ${run.id}`,
  );
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
