import { isObject } from "@clawkeep/openclaw-contract";

/** One thing that `config validate` has against a configuration. */
export interface ValidationIssue {
  readonly path: string;
  readonly message: string;
}

/** What `config validate --json` answers. */
export interface ValidationAnswer {
  readonly valid: boolean;
  readonly issues: readonly ValidationIssue[];
  readonly warnings: readonly ValidationIssue[];
}

/** One finding of `security audit --json`. */
export interface AuditFinding {
  readonly checkId: string;
  readonly severity: "critical" | "warn" | "info";
  readonly title: string;
}

/** Reads the answer of `config validate`, or undefined when it is none. */
export function validationAnswer(json: unknown): ValidationAnswer | undefined {
  if (!isObject(json) || typeof json["valid"] !== "boolean") return undefined;
  return {
    valid: json["valid"],
    issues: issuesOf(json["issues"]),
    warnings: issuesOf(json["warnings"]),
  };
}

function issuesOf(value: unknown): readonly ValidationIssue[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) =>
    isObject(one) ? [{ path: textOf(one["path"]), message: textOf(one["message"]) }] : [],
  );
}

/** Reads the answer of `security audit`, or undefined when it is none. */
export function auditAnswer(json: unknown): readonly AuditFinding[] | undefined {
  if (!isObject(json) || !Array.isArray(json["findings"])) return undefined;
  const findings: AuditFinding[] = [];
  for (const one of json["findings"] as readonly unknown[]) {
    if (!isObject(one)) return undefined;
    const severity = one["severity"];
    if (severity !== "critical" && severity !== "warn" && severity !== "info") return undefined;
    findings.push({
      checkId: textOf(one["checkId"]),
      severity,
      title: textOf(one["title"]),
    });
  }
  return findings;
}

/** One finding of `doctor --lint --json`. */
export interface LintFinding {
  readonly checkId: string;
  readonly severity: string;
  readonly requirement: string;
  readonly message: string;
}

/** Reads the answer of `doctor --lint`, or undefined when it is none. */
export function lintAnswer(json: unknown): readonly LintFinding[] | undefined {
  if (!isObject(json) || !Array.isArray(json["findings"])) return undefined;
  return (json["findings"] as readonly unknown[]).filter(isObject).map((one) => ({
    checkId: textOf(one["checkId"]),
    severity: textOf(one["severity"]),
    requirement: textOf(one["requirement"]),
    message: textOf(one["message"]),
  }));
}

/** What `secrets audit` has against a configuration, or undefined when there is no answer. */
export function secretsAnswer(json: unknown): readonly string[] | undefined {
  if (!isObject(json) || !Array.isArray(json["findings"])) return undefined;
  return (json["findings"] as readonly unknown[])
    .filter(isObject)
    .map((one) =>
      `${textOf(one["code"] ?? one["kind"])} ${textOf(one["path"] ?? one["jsonPath"])}`.trim(),
    );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
