import type { KeyedDigest, RecordedValue } from "@clawkeep/audit-log";
import type { Finding } from "@clawkeep/diagnostics";
import { canonicalJson } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";
import type { ArgumentSpec } from "@clawkeep/skill-format";

/** Values by name, or every reason why they are not to be had. */
export interface RecoveredArguments {
  readonly values: Readonly<Record<string, JsonValue>>;
  readonly findings: readonly Finding[];
}

/**
 * The arguments of a recorded run. A value that was recorded by its keyed digest only must be given
 * again, unless the contract names it itself: a default, a value of a list, true or false. It is taken
 * when its digest is the recorded one.
 *
 * @param specs The arguments of the contract that was recorded.
 * @param given Values by name, as the contract types them.
 * @param keyedDigest The log's own.
 */
export function recordedArguments(
  recorded: Readonly<Record<string, RecordedValue>>,
  specs: Readonly<Record<string, ArgumentSpec>>,
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
    const isRecorded = (candidate: unknown): boolean => {
      const text = textOf(candidate);
      return text !== undefined && keyedDigest(text) === value.keyed;
    };
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    const again = given.get(name) ?? publicValues(spec).find(isRecorded);
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
    if (isRecorded(again)) {
      values.push([name, again as JsonValue]);
    } else {
      findings.push(
        finding(
          "REPLAY_ARGUMENT_OTHER",
          `argument ${quote(name)}: the value given is not the one that was recorded`,
        ),
      );
    }
  }
  return { values: Object.fromEntries(values), findings };
}

/** Values that anybody who reads the contract can name. */
function publicValues(spec: ArgumentSpec | undefined): readonly JsonValue[] {
  const listed =
    spec?.type === "enum" ? spec.values : spec?.type === "boolean" ? [true, false] : [];
  return spec?.default === undefined ? listed : [spec.default, ...listed];
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
