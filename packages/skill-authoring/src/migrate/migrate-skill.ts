import { lstat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import { findingOf, hasErrors, isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";
import { parseContract, readFolder, readSkillFile } from "@clawkeep/skill-format";

import { fixText } from "../check/fix-skill.ts";
import { readSkillText } from "../check/read-skill-text.ts";
import { lineDifference } from "../sync/line-difference.ts";
import { syncText } from "../sync/sync-skill.ts";
import { writeBlockYaml } from "../write/block-yaml.ts";
import { writeInside } from "../write/write-inside.ts";
import { findExec } from "./find-exec.ts";
import type { FoundExec } from "./find-exec.ts";
import { mapCommand } from "./map-command.ts";
import type { MapOptions } from "./map-command.ts";

/** How {@link migrateSkill} works. */
export interface MigrateOptions extends MapOptions {
  /** Writes nothing. */
  readonly dryRun?: boolean;
}

/** What {@link migrateSkill} did, would do, or could not do. */
export interface SkillMigration {
  /** False beside at least one error; then nothing was written. */
  readonly ok: boolean;
  /** Whether the two files were written. */
  readonly written: boolean;
  readonly findings: readonly Finding[];
  /** What is not as it was written. */
  readonly changes: readonly string[];
  /** What only a person can decide. */
  readonly decisions: readonly string[];
  /** `exec.yaml` as it is to be, and what changes in `SKILL.md`; empty after an error. */
  readonly difference: string;
}

/**
 * Moves the `exec` of a `SKILL.md` into an `exec.yaml`, and pins and describes that in `SKILL.md`.
 * Nothing is run. The two files are judged before they are written: what is written, `readSkill` reads.
 *
 * @throws CodedError WRITE_REFUSED, FILE_NOT_REPLACED
 */
export async function migrateSkill(
  folder: string,
  options: MigrateOptions = {},
): Promise<SkillMigration> {
  const { text, findings } = await readSkillText(folder);
  if (text === undefined) return refused(findings);
  const stat = await lstat(join(folder, "SKILL.md"));
  if (stat.nlink > 1) {
    const message = "expected a SKILL.md of its own, got one with a second name";
    return refused([error("MIGRATE_LINK", message, "Put a copy in its place.")]);
  }
  const content = await readFolder(folder);
  if (hasErrors(content.findings)) return refused(content.findings);
  const plan = planMigration(text, basename(resolve(folder)), content.bytes, options);
  if ("findings" in plan) return refused(plan.findings);
  // A run that was ended between the two files left the same exec.yaml.
  const there = content.bytes.get("exec.yaml");
  const isOther = there !== undefined && Buffer.from(there).toString() !== plan.contractText;
  if (isOther || content.bytes.has("exec.json")) {
    const message = "expected no contract yet, got exec.yaml or exec.json";
    const hint = "Remove it, or remove exec from SKILL.md and run clawkeep-skill sync.";
    return refused([error("MIGRATE_CONTRACT_EXISTS", message, hint)]);
  }
  if (options.dryRun !== true) {
    await writeInside(folder, "exec.yaml", plan.contractText);
    await writeInside(folder, "SKILL.md", plan.skillText);
  }
  const added = plan.contractText.trimEnd().split("\n");
  return {
    ok: true,
    written: options.dryRun !== true,
    findings: plan.warnings,
    changes: plan.changes,
    decisions: plan.decisions,
    difference: [
      "exec.yaml",
      ...added.map((line) => `+${line}`),
      "SKILL.md",
      lineDifference(text, plan.skillText),
    ].join("\n"),
  };
}

/** The two files of a migrated skill. */
export interface MigrationPlan {
  readonly contractText: string;
  readonly skillText: string;
  readonly warnings: readonly Finding[];
  readonly changes: readonly string[];
  readonly decisions: readonly string[];
}

/** Plans the two files from the text of a `SKILL.md` and the folder's files by path. */
export function planMigration(
  text: string,
  folderName: string,
  files: ReadonlyMap<string, Uint8Array>,
  options: MapOptions = {},
): MigrationPlan | { readonly findings: readonly Finding[] } {
  const lf = text.replaceAll("\r\n", "\n");
  const found = findExec(lf);
  if ("findings" in found) return found;
  const fields = fieldsOf(found.exec);
  const mapped = mapCommand(fields["cmd"] ?? fields["command"], options);
  if ("findings" in mapped) return mapped;
  const changes = [
    `exec in the ${found.where} (line ${found.line}): moved to exec.yaml as the action run`,
    ...(found.wasFlat ? ["exec: its keys stood at the margin and were read as its own"] : []),
    ...(lf === text ? [] : ["SKILL.md: CRLF became LF"]),
    ...mapped.changes,
  ];
  const decisions = [...mapped.decisions, ...leftOver(found, fields)];
  const timeoutMs = timeoutOf(fields, decisions);
  decisions.push(
    "output: is text of at most 1,000,000 bytes; write format: json and a schema if the program prints JSON",
    "roots: the program reads the skill's folder only and has no network; declare each other folder it needs",
    "exitCodes: only 0 is done; say what the others mean",
    "effects: the contract promises that nothing is written; write effects: writes if that is not so",
  );
  try {
    const described = fields["description"] ?? found.front["description"];
    const contractText = writeBlockYaml(
      {
        contract: 1,
        program: mapped.program,
        actions: {
          run: {
            description:
              typeof described === "string" && described.trim() !== ""
                ? described.trim().replaceAll(/\s+/gu, " ")
                : `Run ${folderName}.`,
            argv: mapped.argv,
            arguments: Object.keys(mapped.arguments).length === 0 ? undefined : mapped.arguments,
            timeoutMs,
            output: { format: "text" },
            exitCodes: { "0": "done" },
            determinism: { promise: "none" },
          },
        },
      },
      { allowEmpty: true },
    );
    const contractBytes = Buffer.from(contractText);
    const parsed = parseContract(contractBytes, "exec.yaml", files);
    if (parsed.contract === undefined) return { findings: parsed.findings };
    const fixed = fixText(Buffer.from(found.text), folderName);
    changes.push(...fixed.fixed.map((code) => `SKILL.md: repaired ${code}`));
    const skillText = syncText(fixed.text, {
      contract: parsed.contract,
      contractFile: "exec.yaml",
      contractBytes,
    });
    const contract = { file: "exec.yaml", digest: digestBytes(contractBytes) };
    const read = readSkillFile(Buffer.from(skillText), "SKILL.md", { folderName, contract });
    if (read.description === undefined) return { findings: read.findings };
    const warnings = [...parsed.findings, ...read.findings];
    return { contractText, skillText, warnings, changes, decisions };
  } catch (problem) {
    if (!isCodedError(problem)) throw problem;
    return { findings: [findingOf(problem)] };
  }
}

function fieldsOf(exec: unknown): Readonly<Record<string, unknown>> {
  if (typeof exec !== "object" || exec === null || Array.isArray(exec)) return { cmd: exec };
  return { ...exec };
}

const known: ReadonlySet<string> = new Set(["cmd", "description", "timeoutSec", "timeoutMs"]);

function leftOver(found: FoundExec, fields: Readonly<Record<string, unknown>>): readonly string[] {
  const own = Object.entries(fields).filter(
    ([key]) => !known.has(key) && !(key === "command" && fields["cmd"] === undefined),
  );
  const beside = Object.entries(found.beside).filter(
    ([key, value]) => JSON.stringify(found.front[key]) !== JSON.stringify(value),
  );
  return [
    ...own.map(([key, value]) => `exec.${key}: has no place of its own, was ${shown(value)}`),
    ...beside.map(([key, value]) => `${key}: stood beside exec in its block, was ${shown(value)}`),
  ];
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 200);
}

function timeoutOf(fields: Readonly<Record<string, unknown>>, decisions: string[]): number {
  const seconds = fields["timeoutSec"];
  const written = typeof seconds === "number" ? seconds * 1000 : fields["timeoutMs"];
  if (written === undefined && seconds === undefined) {
    decisions.push("timeoutMs: none was written; 30 seconds are allowed");
    return 30_000;
  }
  if (typeof written !== "number" || !(written > 0) || written > 3_600_000) {
    const got = shown(seconds ?? written);
    decisions.push(`timeoutMs: expected 1 ms to 1 hour, got ${got}; 30 seconds are allowed`);
    return 30_000;
  }
  return Math.max(1, Math.round(written));
}

function error(code: string, message: string, hint: string): Finding {
  return { code, severity: "error", message, hint, file: "SKILL.md" };
}

function refused(findings: readonly Finding[]): SkillMigration {
  return { ok: false, written: false, findings, changes: [], decisions: [], difference: "" };
}
