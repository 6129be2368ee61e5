import { basename, join, resolve } from "node:path";

import { sortFindings } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";

import type { Skill } from "./contract.ts";
import { parseContract } from "./parse-contract.ts";
import { folderDigest, folderProblem, readFolder } from "./read-folder.ts";
import { readSkillFile } from "./read-skill-file.ts";

/** A skill, or `undefined` beside at least one error. */
export interface SkillResult {
  readonly skill: Skill | undefined;
  /** Sorted by file, line and column. Warnings may stand beside a skill. */
  readonly findings: readonly Finding[];
}

const tooMuch: ReadonlySet<string> = new Set(["SKILL_FILES_MANY", "SKILL_FOLDER_TOO_LARGE"]);

/**
 * Reads a skill folder: `SKILL.md`, its exec contract, the list of its files. Nothing in it is run,
 * no link is followed, and everything that is wrong is reported at once. Findings name files as
 * `folder` did. Throws only what the file system throws for a folder that changes meanwhile.
 */
export async function readSkill(folder: string): Promise<SkillResult> {
  const problem = await folderProblem(folder);
  if (problem !== undefined) return { skill: undefined, findings: [problem] };
  const content = await readFolder(folder);
  // Not all of its files were read, so what the contract refers to may be among the others.
  if (content.findings.some(({ code }) => tooMuch.has(code))) {
    return { skill: undefined, findings: sortFindings(content.findings) };
  }
  const findings: Finding[] = [...content.findings];
  const isThere = (name: string): boolean =>
    content.bytes.has(name) ||
    content.findings.some((finding) => finding.file === join(folder, name));
  const report = (code: string, file: string, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint, file: join(folder, file) });
  };

  const contractFile =
    content.bytes.has("exec.yaml") || !content.bytes.has("exec.json") ? "exec.yaml" : "exec.json";
  if (isThere("exec.yaml") && isThere("exec.json")) {
    report(
      "SKILL_CONTRACT_TWICE",
      "exec.json",
      "expected one contract, got exec.yaml and exec.json",
      "Remove one of the two.",
    );
  }
  const contractBytes = content.bytes.get(contractFile);
  if (contractBytes === undefined && !isThere("exec.yaml") && !isThere("exec.json")) {
    report(
      "SKILL_CONTRACT_MISSING",
      "exec.yaml",
      "expected an exec contract, got none",
      "Write exec.yaml: see docs/exec-contract.md.",
    );
  }
  const contractDigest = contractBytes === undefined ? undefined : digestBytes(contractBytes);
  const parsed =
    contractBytes && parseContract(contractBytes, join(folder, contractFile), content.bytes);
  findings.push(...(parsed?.findings ?? []));

  const skillBytes = content.bytes.get("SKILL.md");
  if (skillBytes === undefined && !isThere("SKILL.md")) {
    report(
      "SKILL_FILE_MISSING",
      "SKILL.md",
      "expected SKILL.md, got none",
      "Write SKILL.md with name and description.",
    );
  }
  const described =
    skillBytes &&
    readSkillFile(skillBytes, join(folder, "SKILL.md"), {
      folderName: basename(resolve(folder)),
      contract:
        contractDigest === undefined ? undefined : { file: contractFile, digest: contractDigest },
    });
  findings.push(...(described?.findings ?? []));

  const isWrong = findings.some((finding) => finding.severity === "error");
  if (
    isWrong ||
    parsed?.contract === undefined ||
    described?.description === undefined ||
    contractDigest === undefined
  ) {
    return { skill: undefined, findings: sortFindings(findings) };
  }
  return {
    skill: {
      ...described.description,
      folder: resolve(folder),
      folderDigest: folderDigest(content.files),
      contractFile,
      contractDigest,
      contract: parsed.contract,
      files: content.files,
    },
    findings: sortFindings(findings),
  };
}
