import type { KeyedDigest, RecordedValue } from "@clawkeep/audit-log";
import type { Finding } from "@clawkeep/diagnostics";
import { canonicalJson } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";

/** Values by name, or every reason why they are not to be had. */
export interface RecoveredArguments {
  readonly values: Readonly<Record<string, JsonValue>>;
  readonly findings: readonly Finding[];
}

/**
 * The arguments of a recorded run. A value that was recorded by its keyed digest only must be given
 * again, and is taken when its digest is the recorded one.
 *
 * @param given Values by name, as the contract types them.
 * @param keyedDigest The log's own. Called for given values only.
 */
export function recordedArguments(
  recorded: Readonly<Record<string, RecordedValue>>,
  given: ReadonlyMap<string, unknown>,
  keyedDigest: (text: string) => KeyedDigest,
): RecoveredArguments {
  const values: [string, JsonValue][] = [];
  const findings: Finding[] = [];
  for (const name of given.keys()) {
    const value = Object.hasOwn(recorded, name) ? recorded[name] : undefined;
    if (value === undefined || "stored" in value) {
      const why = value === undefined ? "has no such argument" : "has its value";
      findings.push(
        finding(
          "REPLAY_ARGUMENT_GIVEN",
          `argument ${quote(name)} was given, and the record ${why}`,
        ),
      );
    }
  }
  for (const [name, value] of Object.entries(recorded)) {
    if ("stored" in value) {
      values.push([name, value.stored]);
      continue;
    }
    const again = given.get(name);
    if (again === undefined) {
      findings.push(
        finding(
          "REPLAY_ARGUMENT_REDACTED",
          `argument ${quote(name)} was recorded by its keyed digest only (${value.bytes} bytes)`,
          "give the value again, it is compared with the digest; or let the contract record it: `record: store`",
        ),
      );
      continue;
    }
    const text = textOf(again);
    if (text === undefined || keyedDigest(text) !== value.keyed) {
      findings.push(
        finding(
          "REPLAY_ARGUMENT_OTHER",
          `argument ${quote(name)}: the value given is not the one that was recorded`,
        ),
      );
    } else {
      values.push([name, again as JsonValue]);
    }
  }
  return { values: Object.fromEntries(values), findings };
}

/** The text that a keyed digest is over, as the start record's is. */
function textOf(value: unknown): string | undefined {
  try {
    return typeof value === "string" ? value : canonicalJson(value as JsonValue);
  } catch {
    return undefined;
  }
}

function finding(code: string, message: string, hint?: string): Finding {
  return { code, severity: "error", message, ...(hint === undefined ? {} : { hint }) };
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
