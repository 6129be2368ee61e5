import { join } from "node:path";

import { CodedError, formatError } from "@clawkeep/diagnostics";
import { appendWitness, tellWitness, verifyAuditLog } from "@clawkeep/audit-log";
import { lockFile, stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { findingsText, printNote } from "../output/print.ts";

/** Options of `audit checkpoint` as they were written. */
export interface AuditCheckpointOptions {
  readonly witness?: string;
  readonly witnessCommand?: string;
}

/**
 * Prints the signed checkpoint of a log that verifies, to be kept where the writer of the log cannot
 * write, and hands it to the witnesses. A log that does not verify has no checkpoint worth keeping.
 *
 * @returns 0, 1 when the log does not verify, 2 when a witness did not take the checkpoint
 */
export async function printCheckpoint(options: AuditCheckpointOptions): Promise<number> {
  const { witness, witnessCommand } = options;
  const argv = witnessCommand === undefined ? undefined : readArgv(witnessCommand);
  const home = stateHome(process.env);
  const folder = auditFolder(home);
  const first = await verifyAuditLog(folder);
  if (!first.ok || first.checkpoint === undefined) return refuse(first);
  if (witness === undefined && argv === undefined) {
    process.stdout.write(first.checkpoint);
    return 0;
  }
  // Taken and handed on by one at a time, so that a witness gets checkpoints in their order.
  const lock = await lockFile(join(home, "witness.lock"));
  try {
    const verification = await verifyAuditLog(folder);
    const { ok, checkpoint } = verification;
    if (!ok || checkpoint === undefined) return refuse(verification);
    process.stdout.write(checkpoint);
    const told = await Promise.allSettled([
      witness === undefined ? undefined : appendWitness({ path: witness, checkpoint, folder }),
      argv === undefined ? undefined : tellWitness(argv, checkpoint),
    ]);
    const failed = told.filter((one) => one.status === "rejected");
    for (const { reason } of failed) printNote(formatError(reason));
    return failed.length === 0 ? 0 : 2;
  } finally {
    lock.close();
  }
}

function refuse({ findings }: Awaited<ReturnType<typeof verifyAuditLog>>): number {
  printNote(findingsText(findings));
  return 1;
}

function readArgv(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const words = Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  if (!Array.isArray(value) || words.length !== value.length || (words[0] ?? "") === "") {
    throw new CodedError({
      code: "USAGE",
      message: "expected --witness-command with a JSON array of a program and its arguments",
      hint: `--witness-command '["ssh","witness","tee -a clawkeep"]'; no shell reads it.`,
    });
  }
  return words;
}
