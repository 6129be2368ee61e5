import { join } from "node:path";

import { sortFindings } from "@clawkeep/diagnostics";
import type { Finding, Severity } from "@clawkeep/diagnostics";
import { readSkill, readStrictYaml, splitFrontMatter } from "@clawkeep/skill-format";
import type { Skill } from "@clawkeep/skill-format";

import { judgeBundle } from "./judge-bundle.ts";
import { judgeFrontMatter } from "./judge-front-matter.ts";
import { readSkillText } from "./read-skill-text.ts";
import { rules } from "./rules.ts";
import type { Target } from "./rules.ts";

/** A finding and who says so. */
export interface CheckFinding extends Finding {
  /** What each target makes of it; none for findings about the exec contract. */
  readonly targets: Readonly<Partial<Record<Target, Severity>>>;
  /** Why the rule is there. */
  readonly reason?: string;
  /** Where the rule stands. */
  readonly source?: { readonly name: string; readonly link: string };
  readonly isFixable?: boolean;
}

/** What a check of one folder came to. */
export interface SkillCheck {
  readonly folder: string;
  /** Sorted by file, line and column. */
  readonly findings: readonly CheckFinding[];
  /** Whether a target takes the folder, as far as its rules are known here. */
  readonly accepts: Readonly<Partial<Record<Target, boolean>>>;
  /** The skill as the runtime reads it, when it would run it. */
  readonly skill: Skill | undefined;
}

/** What else is judged. */
export interface CheckOptions {
  /**
   * Whether the folder must be one that the runtime runs: its `SKILL.md` by the stricter rules of
   * `docs/exec-contract.md`, and a contract that is there. Without it a missing contract is a note,
   * and only what the targets refuse is an error of `SKILL.md`. Default true.
   */
  readonly runnable?: boolean;
}

/**
 * Checks a skill folder by the rules of each target and by its exec contract. Nothing in it is run,
 * no link is followed, and of a `SKILL.md` above 256,000 bytes nothing is read.
 */
export async function checkSkill(
  folder: string,
  targets: readonly Target[],
  { runnable = true }: CheckOptions = {},
): Promise<SkillCheck> {
  const judged = (await judgeTargets(folder)).flatMap((finding) => ofTargets(finding, targets));
  const isUnread = judged.some(({ code }) => unread.has(code));
  const read = await readSkill(folder);
  const file = join(folder, "SKILL.md");
  const known = new Set(judged.map(({ code, line }) => `${code} ${line ?? ""}`));
  if (known.has("SKILL_MISSING_DESCRIPTION 2")) known.add("SKILL_MISSING_KEY 2");
  const ours = read.findings.flatMap((finding): readonly CheckFinding[] => {
    const isOfText = finding.file === file || finding.file === folder;
    if (isOfText && (isUnread || known.has(`${finding.code} ${finding.line ?? ""}`))) return [];
    if (isOfText && known.has(`${finding.code} `)) return [];
    if (!runnable && isOfText && !ofContract.has(finding.code)) return [];
    if (!runnable && finding.code === "SKILL_CONTRACT_MISSING") {
      return [{ ...finding, severity: "note", targets: {} }];
    }
    return [{ ...finding, targets: {} }];
  });
  // What stops the runtime is an error here, whatever a target makes of the same rule.
  const stops = new Set(
    read.findings.filter(({ severity }) => severity === "error").map(({ code }) => code),
  );
  const findings = judged.map((finding) =>
    runnable && stops.has(finding.code) ? { ...finding, severity: "error" as const } : finding,
  );
  return {
    folder,
    findings: sortFindings([...findings, ...ours]) as readonly CheckFinding[],
    accepts: Object.fromEntries(
      targets.map((target) => [target, judged.every((f) => f.targets[target] !== "error")]),
    ),
    skill: read.skill,
  };
}

// After one of these nothing more is said about SKILL.md.
const unread: ReadonlySet<string> = new Set([
  ...["SKILL_FOLDER_MISSING", "SKILL_FOLDER_LINK", "SKILL_FILE_MISSING", "SKILL_FILE_LINK"],
  ...["SKILL_FILE_UNREADABLE", "TEXT_TOO_LARGE", "TEXT_BYTE_ORDER_MARK", "TEXT_NUL"],
  ...["TEXT_NOT_UTF8", "SKILL_FRONT_MATTER_LANGUAGE", "YAML_TOO_DEEP", "YAML_ANCHOR"],
]);

const ofContract: ReadonlySet<string> = new Set([
  ...["SKILL_CONTRACT_DRIFT", "SKILL_CONTRACT_UNPINNED", "SKILL_MARKERS"],
]);

function ofTargets(finding: Finding, targets: readonly Target[]): readonly CheckFinding[] {
  const rule = Object.hasOwn(rules, finding.code) ? rules[finding.code] : undefined;
  if (rule === undefined) return [{ ...finding, targets: {} }];
  const said = targets.flatMap((target) => {
    const severity = rule.severity[target];
    return severity === undefined ? [] : [[target, severity] as const];
  });
  if (said.length === 0) return [];
  const order: readonly Severity[] = ["error", "warning", "note"];
  const severity = order.find((level) => said.some(([, own]) => own === level)) ?? "note";
  const { reason, source, isFixable } = rule;
  return [{ ...finding, severity, targets: Object.fromEntries(said), reason, source, isFixable }];
}

async function judgeTargets(folder: string): Promise<readonly Finding[]> {
  const { text, findings: textFindings } = await readSkillText(folder);
  if (text === undefined) return textFindings;
  const file = join(folder, "SKILL.md");
  const findings: Finding[] = [...textFindings];
  const at = (code: string, line: number, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint, file, line, column: 1 });
  };
  const split = splitFrontMatter(text, file);
  findings.push(...split.findings);
  if (split.frontMatter === undefined) return findings;
  const { yaml: source, body, bodyLine } = split.frontMatter;
  judgeSource(source, at);
  const block = readStrictYaml(source, { file, firstLine: 2, flowStyle: false });
  const isFlow = block.findings.some(({ code }) => code === "YAML_FLOW_STYLE");
  const yaml = isFlow ? readStrictYaml(source, { file, firstLine: 2 }) : block;
  // What is graver than its style is said alone.
  findings.push(...(yaml.findings.length > 0 ? yaml.findings : block.findings));
  if (yaml.findings.length > 0) return findings;
  judgeFrontMatter(yaml, source, folder, (code, message, hint, path) => {
    const place = path === undefined ? { file, line: 2, column: 1 } : yaml.locate(path);
    findings.push({ code, severity: "error", message, hint, ...place });
  });
  judgeBody(body, bodyLine, at);
  await judgeBundle(folder, (code, name, message, hint) => {
    findings.push({ code, severity: "error", message, hint, file: join(folder, name) });
  });
  return findings;
}

type At = (code: string, line: number, message: string, hint: string) => void;

function judgeSource(source: string, at: At): void {
  const seen = new Set<string>();
  const once: At = (code, ...rest) => {
    if (!seen.has(code)) at(code, ...rest);
    seen.add(code);
  };
  for (const [index, line] of source.split("\n").entries()) {
    if (line.includes("---")) {
      const hint = "Write it with other dashes, or as an escape between double quotes.";
      once("SKILL_FRONT_MATTER_DASHES", index + 2, "expected no `---` within a line", hint);
    }
    // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
    if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/u.test(line)) {
      const message = "expected characters that YAML counts as printable";
      once("SKILL_FRONT_MATTER_CHARACTER", index + 2, message, "Remove the character.");
    }
    if (/\t|^\s*\?(?:\s|$)|^\.\.\.(?:\s|$)/u.test(line)) {
      const message = "expected no tab, no key after `?` and no line `...`";
      once("SKILL_YAML_UNUSUAL", index + 2, message, "Write `key: value` with spaces.");
    }
    if (/[ \t]$/u.test(line)) {
      once("SKILL_TRAILING_SPACE", index + 2, "expected no space at the end", "Remove it.");
    }
  }
}

function judgeBody(body: string, firstLine: number, at: At): void {
  const lines = body.split("\n");
  if (lines.length > 500) {
    const hint = "Move detail into files that SKILL.md names: an agent reads all of it each time.";
    at("SKILL_BODY_LONG", firstLine, `expected at most 500 lines, got ${lines.length}`, hint);
  }
  if (body.length > 20_000) {
    const message = `expected about 5000 tokens at most, got ${body.length} characters`;
    at("SKILL_BODY_TOKENS", firstLine, message, "Move detail into files that SKILL.md names.");
  }
  if (body.length > 6000) {
    const message = `expected the essence in 6000 characters, got ${body.length}`;
    at("CLAWHUB_REVIEW_LENGTH", firstLine, message, "Say first what a reviewer has to know.");
  }
  const baseDir = lines.findIndex((line) => line.includes("{baseDir}"));
  if (baseDir !== -1) {
    const hint = "Name a command that is found without it.";
    at("OPENCLAW_BASE_DIR", firstLine + baseDir, "expected no {baseDir}", hint);
  }
  const deep = lines.findIndex((line) =>
    /\]\((?!\w+:|\/|#)[^)\s/]+\/[^)\s/]+\/[^)\s]+\)/u.test(line),
  );
  if (deep !== -1) {
    const hint = "Put the file into one folder beside SKILL.md.";
    at("SKILL_REFERENCE_DEEP", firstLine + deep, "expected a link at most one folder deep", hint);
  }
}
