import { join } from "node:path";

import { sortFindings } from "@clawkeep/diagnostics";
import type { Finding, Severity } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";
import { checkSkill, targets } from "@clawkeep/skill-authoring";
import type { CheckFinding, Target } from "@clawkeep/skill-authoring";
import type { Skill } from "@clawkeep/skill-format";

import { slugOf } from "../bundle/pack-skill.ts";
import { registryFingerprint } from "../files/fingerprint.ts";
import { isManifest, readPublished } from "../files/read-published.ts";
import { judgeCatalog } from "./judge-catalog.ts";
import type { CatalogEntry } from "./judge-catalog.ts";
import { judgeCode, judgeShell, judgeTogether } from "./judge-code.ts";
import { judgeDeclared } from "./judge-declared.ts";
import { judgeFiles } from "./judge-files.ts";
import { judgeSecrets } from "./judge-secrets.ts";
import { judgeText } from "./judge-text.ts";
import { readDescription } from "./read-description.ts";
import type { Description } from "./read-description.ts";
import type { Report } from "./report.ts";
import type { Prediction } from "./rule.ts";
import { preflightRules } from "./rules.ts";
import { scanFile } from "./scan-file.ts";

/** Something that publishing is expected to meet. */
export interface PreflightFinding extends Finding {
  /** Who is expected to say so, in which words. Empty: nobody that we know of; a reader will. */
  readonly predicted: readonly Prediction[];
  /** Why it is objected to. */
  readonly reason?: string;
  /** What each target of `check` makes of it, for its findings. */
  readonly targets?: Readonly<Partial<Record<Target, Severity>>>;
}

/** What preflight says of a skill. It is help, never a grant of trust: other eyes see other things. */
export interface SkillPreflight {
  readonly folder: string;
  readonly slug: string;
  /** Undefined when the folder cannot be packed. */
  readonly fingerprint: Digest | undefined;
  readonly files: number;
  /** Sorted by file, line and code. */
  readonly findings: readonly PreflightFinding[];
}

/**
 * Looks through a skill folder as the registry, its engine, OpenClaw's loader, the specification and
 * scanners are expected to. Nothing is run, no link is followed, nothing is sent.
 */
export async function preflightSkill(
  folder: string,
  catalog: CatalogEntry = {},
): Promise<SkillPreflight> {
  const published = await readPublished(folder);
  const check = await checkSkill(folder, targets, { runnable: false });
  const known = new Set(check.findings.map(({ code }) => code));
  const findings: PreflightFinding[] = check.findings
    .filter((finding) => !isQuiet(finding))
    .map((finding) => withPrediction(finding));
  for (const finding of published.findings) {
    if (!same.some(([own, theirs]) => finding.code === own && known.has(theirs))) {
      findings.push({ ...finding, predicted: [] });
    }
  }
  const report: Report = (code, file, line, detail) => {
    const rule = preflightRules[code];
    if (line === undefined || rule === undefined) return;
    const { severity, message, reason, mend, predicted } = rule;
    const place = { file: join(folder, file.path), line, column: 1 };
    const text = detail === undefined ? message : `${message}: ${detail}`;
    findings.push({ code, severity, message: text, hint: mend, ...place, predicted, reason });
  };
  const files = published.files.map(({ path, bytes }) => scanFile(path, bytes));
  const manifest = files.find(({ path }) => isManifest(path));
  const description = manifest === undefined ? undefined : readDescription(manifest);
  const declared = description === undefined ? undefined : withContract(description, check.skill);
  judgeFiles(published.files, files, report);
  for (const file of files) {
    if (file.kind === "binary") continue;
    judgeSecrets(file, report);
    judgeText(file, report);
    judgeShell(file, report);
    judgeCode(file, declared?.variables ?? new Set(), report);
  }
  judgeTogether(files, report);
  if (manifest !== undefined && declared !== undefined) {
    judgeDeclared(files, manifest, declared, report);
    if (declared.isAlways) report("PREFLIGHT_ALWAYS", manifest, declared.lineOf("always"));
    if (isGreedy(declared.text)) {
      report("PREFLIGHT_GREEDY", manifest, declared.lineOf("description"));
    }
    judgeCatalog(catalog, manifest, report);
  }
  return {
    folder,
    slug: slugOf(folder),
    fingerprint: published.findings.length > 0 ? undefined : registryFingerprint(published.files),
    files: published.files.length,
    findings: sortFindings(findings) as readonly PreflightFinding[],
  };
}

function withPrediction(finding: CheckFinding): PreflightFinding {
  const {
    source,
    code,
    severity,
    message,
    hint,
    file,
    line,
    column,
    reason,
    targets: said,
  } = finding;
  return {
    ...{ code, severity, message },
    ...(hint === undefined ? {} : { hint }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(reason === undefined ? {} : { reason }),
    predicted: source === undefined ? [] : [{ engine: source.name, code }],
    targets: said,
  };
}

// The registry needs no contract, and what SKILL.md alone would cost is no objection.
function isQuiet({ code, severity }: Finding): boolean {
  return severity === "note" && (code === "SKILL_CONTRACT_MISSING" || code.startsWith("YAML_"));
}

// The same thing under two codes is said once.
const same: readonly (readonly [string, string])[] = [
  ["PACK_PLUGIN", "CLAWHUB_PLUGIN"],
  ["PACK_FILE_LARGE", "CLAWHUB_FILE_LARGE"],
  ["PACK_TOO_LARGE", "CLAWHUB_BUNDLE_LARGE"],
  ["PACK_NO_SKILL", "SKILL_FILE_MISSING"],
  ["PACK_FOLDER", "SKILL_FOLDER_MISSING"],
  ["PACK_FOLDER", "SKILL_FOLDER_LINK"],
];

function isGreedy(text: string): boolean {
  return /\b(?:always|first)\b.{0,60}\b(?:every|any|all)\s+(?:request|question|task|message|prompt)s?\b|\bfor\s+every\s+(?:request|question|task|message)\b|\bbefore\s+any\s+other\s+skill\b|\bwhatever\s+the\s+user\s+asks\b/iu.test(
    text,
  );
}

/** A contract declares too: its program, and the variables that may pass. */
function withContract(description: Description, skill: Skill | undefined): Description {
  if (skill === undefined) return description;
  const { program, actions } = skill.contract;
  const programs = new Set(description.programs);
  programs.add(program.kind === "file" ? program.interpreter : program.name);
  const variables = new Set(description.variables);
  for (const action of Object.values(actions)) {
    for (const name of action.environment) variables.add(name.toUpperCase());
    for (const name of Object.keys(action.secrets)) variables.add(name.toUpperCase());
  }
  return { ...description, programs, variables };
}
