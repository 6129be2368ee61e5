import { join } from "node:path";

import { attestExecution, checkAttestation, formatRecord, readAuditLog } from "@clawkeep/audit-log";
import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { readMoment, selectRecords } from "../audit/select-records.ts";
import { findingsText, printData, printNote } from "../output/print.ts";
import { readKey, readText } from "./audit-prove.ts";

/** Options of `audit export` as they were written. */
export interface AuditExportOptions {
  readonly skill?: string;
  readonly since?: string;
  readonly until?: string;
  /** Sign a statement about the one execution that is named. */
  readonly attestation?: boolean;
  readonly check?: string;
  readonly verifier?: string;
}

/**
 * Prints records, or an attestation of one execution; or checks such an attestation without the log.
 *
 * @returns 0, or 1 when the log does not verify or the attestation does not hold
 */
export async function exportAudit(
  ids: readonly string[],
  options: AuditExportOptions,
): Promise<number> {
  const { attestation, check, skill, since, until, verifier } = options;
  const folder = auditFolder(stateHome(process.env));
  const isSelected = skill !== undefined || since !== undefined || until !== undefined;
  if (check !== undefined) {
    if (ids.length > 0 || attestation === true || isSelected) throw usage("--check alone");
    const key = await readKey(verifier ?? join(folder, "verifier"));
    return checkOne(await readText(check, "ATTESTATION_UNREADABLE", "an attestation"), key);
  }
  if (verifier !== undefined) throw usage("--verifier with --check only");
  if (attestation === true) {
    const [id, ...more] = ids;
    if (id === undefined || more.length > 0 || isSelected) throw usage("one id to attest");
    const { envelope, verification } = await attestExecution(folder, id);
    if (envelope === undefined) return notBelieved(findingsText(verification.findings));
    printData(envelope);
    return 0;
  }
  const history = await readAuditLog(folder);
  if (!history.ok) return notBelieved(findingsText(history.findings));
  const records = selectRecords(history, {
    ids,
    ...(skill === undefined ? {} : { skill }),
    ...(since === undefined ? {} : { since: readMoment("--since", since) }),
    ...(until === undefined ? {} : { until: readMoment("--until", until) }),
  });
  for (const record of records) printData(formatRecord(record));
  return 0;
}

function notBelieved(findings: string): number {
  printNote(`${findings}NOT exported: the log does not verify`);
  return 1;
}

function checkOne(text: string, key: string): number {
  const { ok, findings, statement } = checkAttestation(text, key);
  if (!ok || statement === undefined) {
    printData(`${findingsText(findings)}NOT attested`);
    return 1;
  }
  const { record } = statement.predicate.start;
  const of = record.type === "execution-start" ? record : undefined;
  printData(
    escapeForTerminal(
      `attested: ${of?.execution ?? ""} of log ${record.log}, ${of?.skill.name ?? ""} ${of?.action ?? ""}, began ${record.time}`,
    ),
  );
  for (const { name, digest } of statement.subject) printData(`${name} sha256:${digest.sha256}`);
  return 0;
}

function usage(expected: string): CodedError {
  const hint = "clawkeep-skill audit export --help";
  return new CodedError({ code: "USAGE", message: `expected ${expected}`, hint });
}
