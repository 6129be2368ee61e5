import { findingOf, isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { openClawVersion, openOpenClaw } from "@clawkeep/openclaw-contract";
import type {
  JsonObject,
  OpenClawAnswer,
  OpenClawProgram,
  OpenClawSession,
} from "@clawkeep/openclaw-contract";

import type { Verdict } from "../verdict.ts";
import { auditAnswer, lintAnswer, secretsAnswer, validationAnswer } from "./answers.ts";
import type { AuditFinding, LintFinding } from "./answers.ts";

/** How a configuration is judged. */
export interface ConfigJudging {
  /** Path of the file in what is said. */
  readonly file: string;
  /**
   * Findings that the audit must have, and no others, as `warn some.check`: for what we rendered. Without it
   * every critical finding is an error and every warning a warning: for what somebody else wrote.
   */
  readonly expected?: readonly string[];
  /** The same of `doctor --lint`, as `warning requirement`. */
  readonly expectedLint?: readonly string[];
  /** Whether a valid file is audited too. Default true. */
  readonly audited?: boolean;
}

/**
 * Asks the real OpenClaw about a copy of a configuration: `config validate`, then `security audit`, `doctor --lint` and
 * `secrets audit`. A program that is missing is "not judged", never a pass. What is invalid is asked no further: OpenClaw
 * refuses to.
 */
export async function judgeConfig(
  config: JsonObject,
  program: OpenClawProgram | undefined,
  judging: ConfigJudging,
): Promise<readonly Verdict[]> {
  if (program === undefined) return notJudged(undefined);
  let session: OpenClawSession;
  try {
    session = await openOpenClaw(program, config);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return notJudged({ ...findingOf(error), severity: "warning", file: judging.file });
  }
  try {
    const said = validationVerdict(await session.run(["config", "validate", "--json"]), judging);
    const left = session.stripped.filter((path) => /(?:^|\.)\$include$/u.test(path));
    const validated = { ...said, findings: [...said.findings, ...left.map(notIncluded(judging))] };
    if (validated.status !== "passed" || judging.audited === false) return [validated];
    const audited = auditVerdict(await session.run(["security", "audit", "--json"]), judging);
    const kept = secretsVerdict(await session.run(["secrets", "audit", "--json"]), judging);
    return [validated, audited, kept, await lintOf(config, program, judging)];
  } finally {
    await session.close();
  }
}

/** What another file would add is no part of the copy, and that is said. */
const notIncluded =
  ({ file }: ConfigJudging) =>
  (path: string): Finding => ({
    code: "JUDGE_INCLUDE",
    severity: "warning",
    message: `${path}: the file that it names is not judged`,
    hint: "Read it yourself: it can add what nothing here says.",
    file,
  });

const validate = "openclaw config validate";
const audit = "openclaw security audit";
const secrets = "openclaw secrets audit";
const lint = "openclaw doctor --lint";

/** The doctor starts the servers of MCP to see their tools: it gets a copy without them. */
async function lintOf(
  config: JsonObject,
  program: OpenClawProgram,
  judging: ConfigJudging,
): Promise<Verdict> {
  const session = await openOpenClaw(program, { ...config, mcp: {} });
  try {
    return lintVerdict(await session.run(["doctor", "--lint", "--json"]), judging);
  } finally {
    await session.close();
  }
}

function lintVerdict(answer: OpenClawAnswer, { expectedLint, file }: ConfigJudging): Verdict {
  const said = lintAnswer(answer.json);
  if (said === undefined) return unreadable(lint, answer, file);
  const names = new Set(said.map(nameOf));
  const findings = [
    ...said
      .filter((one) => expectedLint?.includes(nameOf(one)) !== true)
      .map((one): Finding => ({
        code: "JUDGE_LINT",
        severity: expectedLint !== undefined || one.severity === "error" ? "error" : "warning",
        message: `${nameOf(one)}: ${one.message}`,
        hint: "openclaw doctor --lint says how to mend it.",
        file,
      })),
    ...(expectedLint ?? [])
      .filter((one) => !names.has(one))
      .map((one): Finding => ({
        code: "JUDGE_LINT_MISSING",
        severity: "error",
        message: `expected the doctor to say ${one}, it did not`,
        hint: "The doctor or the artifact changed: expected-lint.ts must say what is true.",
        file,
      })),
  ];
  return {
    judge: lint,
    version: openClawVersion,
    status: findings.some(({ severity }) => severity === "error") ? "failed" : "passed",
    findings,
    codes: [...names].toSorted(),
  };
}

const nameOf = ({ severity, requirement, checkId }: LintFinding): string =>
  `${severity} ${requirement || checkId}`;

function secretsVerdict(answer: OpenClawAnswer, { file }: ConfigJudging): Verdict {
  const found = secretsAnswer(answer.json);
  if (found === undefined) return unreadable(secrets, answer, file);
  return {
    judge: secrets,
    version: openClawVersion,
    status: found.length === 0 ? "passed" : "failed",
    findings: found.map((message) => ({
      code: "JUDGE_SECRETS",
      severity: "error",
      message,
      hint: "A secret is a reference, never a value: claw import makes one of it.",
      file,
    })),
    codes: found.length === 0 ? [] : ["plaintext"],
  };
}

function notJudged(finding: Finding | undefined): readonly Verdict[] {
  const findings = finding === undefined ? [] : [finding];
  return [validate, audit, secrets, lint].map((judge) => ({
    judge,
    status: "not-judged",
    findings,
    codes: [],
  }));
}

function validationVerdict(answer: OpenClawAnswer, { file }: ConfigJudging): Verdict {
  const said = validationAnswer(answer.json);
  if (said === undefined) return unreadable(validate, answer, file);
  const findings = [...said.issues, ...said.warnings].map(({ path, message }): Finding => ({
    code: said.issues.some((issue) => issue.path === path) ? "JUDGE_INVALID" : "JUDGE_WARNING",
    severity: "error",
    message: `${path}: ${message}`,
    hint: "claw import migrates keys of older versions.",
    file,
  }));
  return {
    judge: validate,
    version: openClawVersion,
    // A warning of the validator is a setting that is ignored at run time.
    status: said.valid && findings.length === 0 ? "passed" : "failed",
    findings,
    codes: said.issues.map(({ path }) => path).toSorted(),
  };
}

function auditVerdict(answer: OpenClawAnswer, judging: ConfigJudging): Verdict {
  const said = auditAnswer(answer.json);
  if (said === undefined) return unreadable(audit, answer, judging.file);
  const findings = [...unexpected(said, judging), ...missing(said, judging)];
  return {
    judge: audit,
    version: openClawVersion,
    status: findings.some(({ severity }) => severity === "error") ? "failed" : "passed",
    findings,
    codes: said
      .filter(({ severity }) => severity !== "info" || judging.expected !== undefined)
      .map(named)
      .toSorted(),
  };
}

const named = ({ severity, checkId }: AuditFinding): string => `${severity} ${checkId}`;

function unexpected(
  said: readonly AuditFinding[],
  { expected, file }: ConfigJudging,
): readonly Finding[] {
  return said.flatMap((one): readonly Finding[] => {
    const { severity, title } = one;
    if (expected?.includes(named(one)) === true || (expected === undefined && severity === "info"))
      return [];
    const isError = expected !== undefined || severity === "critical";
    return [
      {
        code: "JUDGE_AUDIT",
        severity: isError ? "error" : "warning",
        message: `${named(one)}: ${title}`,
        hint:
          expected === undefined
            ? "openclaw security audit says how to close it."
            : "Close it, or say in expected-audit.ts why it stays.",
        file,
      },
    ];
  });
}

function missing(
  said: readonly AuditFinding[],
  { expected, file }: ConfigJudging,
): readonly Finding[] {
  const found = new Set(said.map(named));
  return (expected ?? [])
    .filter((one) => !found.has(one))
    .map((one) => ({
      code: "JUDGE_AUDIT_MISSING",
      severity: "error",
      message: `expected the audit to say ${one}, it did not`,
      hint: "The audit or the artifact changed: expected-audit.ts must say what is true.",
      file,
    }));
}

function unreadable(judge: string, answer: OpenClawAnswer, file: string): Verdict {
  const words = answer.stderr.trim().split("\n").at(-1) ?? "";
  const finding: Finding = {
    code: "JUDGE_UNREADABLE",
    severity: "error",
    message: `expected JSON from ${judge}, got exit code ${answer.exitCode} and ${JSON.stringify(words.slice(0, 200))}`,
    hint: "Run it by hand over the same file.",
    file,
  };
  return { judge, version: openClawVersion, status: "failed", findings: [finding], codes: [] };
}
