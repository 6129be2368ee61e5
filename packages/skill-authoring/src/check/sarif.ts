import type { Finding, Severity } from "@clawkeep/diagnostics";

import { rules } from "./rules.ts";

/** Findings that a log can be made of, with whatever else its results carry. */
export interface SarifSource {
  readonly findings: readonly (Finding & Partial<Record<"targets" | "predicted", unknown>>)[];
}

type SarifFinding = SarifSource["findings"][number];

/** What a rule is for, where it does not stand in the table of `check`. */
export type SarifReasons = Readonly<Record<string, { readonly reason: string }>>;

const levels: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  note: "note",
};

/** The checks as a log of SARIF 2.1.0: one run, a rule for each code that occurs. */
export function sarifLog(
  checks: readonly SarifSource[],
  reasons: SarifReasons = {},
): Readonly<Record<string, unknown>> {
  const findings = checks.flatMap((check) => check.findings);
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "clawkeep-skill", rules: codes.map((code) => describe(code, reasons)) },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => result(finding, codes)),
      },
    ],
  };
}

function describe(code: string, reasons: SarifReasons): Readonly<Record<string, unknown>> {
  const rule = Object.hasOwn(rules, code) ? rules[code] : undefined;
  const own = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  if (rule === undefined) {
    return own === undefined ? { id: code } : { id: code, shortDescription: { text: own.reason } };
  }
  const isLink = rule.source.link.startsWith("https:");
  return {
    id: code,
    shortDescription: { text: rule.reason },
    help: { text: `${rule.source.name}: ${rule.source.link}` },
    ...(isLink ? { helpUri: rule.source.link } : {}),
  };
}

function result(
  finding: SarifFinding,
  codes: readonly string[],
): Readonly<Record<string, unknown>> {
  const { code, severity, message, hint, file, line, column } = finding;
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: levels[severity],
    message: { text: hint === undefined ? message : `${message}. ${hint}` },
    ...(file === undefined
      ? {}
      : {
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: file.split("/").map(encodeURIComponent).join("/") },
                ...(line === undefined
                  ? {}
                  : { region: { startLine: line, startColumn: column ?? 1 } }),
              },
            },
          ],
        }),
    properties: {
      ...(finding.targets === undefined ? {} : { targets: finding.targets }),
      ...(finding.predicted === undefined ? {} : { predicted: finding.predicted }),
    },
  };
}
