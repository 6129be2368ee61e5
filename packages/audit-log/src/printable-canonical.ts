import { canonicalJson } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";

import type { AuditRecord } from "./records.ts";

/** Canonical JSON in which all but printable ASCII is escaped, so that any terminal can show it. */
export function printableCanonical(value: JsonValue): string {
  return canonicalJson(value).replace(
    /[^\u0020-\u007e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * A record as `audit export` writes it: its line of the log, without the newline, and with all but
 * printable ASCII escaped. Its canonical form is that line again, byte for byte.
 */
export function formatRecord(record: AuditRecord): string {
  return printableCanonical(record as unknown as JsonValue);
}
