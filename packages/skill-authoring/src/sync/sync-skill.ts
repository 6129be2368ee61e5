import { join } from "node:path";

import { CodedError, formatFinding, hasErrors } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";
import {
  generatedMarkers,
  parseContract,
  readFolder,
  readStrictYaml,
  splitFrontMatter,
} from "@clawkeep/skill-format";
import type { Contract } from "@clawkeep/skill-format";

import { readSkillText } from "../check/read-skill-text.ts";
import { writeInside } from "../write/write-inside.ts";
import { generatedPart } from "./generated-part.ts";
import { lineDifference } from "./line-difference.ts";

/** What a `SKILL.md` is made to agree with. */
export interface SyncSource {
  readonly contract: Contract;
  /** `exec.yaml` or `exec.json`. */
  readonly contractFile: string;
  readonly contractBytes: Uint8Array;
}

/** What {@link syncSkill} found and did. */
export interface SkillSync {
  /** Whether `SKILL.md` said something else. */
  readonly drifted: boolean;
  /** What changes, as lines that begin with `-`, `+` or a space; empty without drift. */
  readonly difference: string;
}

/**
 * Makes `SKILL.md` agree with the contract: the digest under `metadata`, and the part between the
 * markers if they are there. With `check` nothing is written.
 *
 * @throws CodedError SYNC_REFUSED when one of the two files has errors, WRITE_REFUSED
 */
export async function syncSkill(folder: string, check = false): Promise<SkillSync> {
  const { text, findings: textFindings } = await readSkillText(folder);
  if (text === undefined) throw refuse(folder, textFindings);
  const content = await readFolder(folder);
  const contractFile = content.bytes.has("exec.yaml") ? "exec.yaml" : "exec.json";
  const contractBytes = content.bytes.get(contractFile);
  if (contractBytes === undefined) {
    const message = "expected exec.yaml or exec.json, got neither";
    throw refuse(folder, [{ code: "SKILL_CONTRACT_MISSING", severity: "error", message }]);
  }
  const file = join(folder, contractFile);
  const { contract, findings } = parseContract(contractBytes, file, content.bytes);
  if (contract === undefined || hasErrors(findings)) throw refuse(folder, findings);
  const next = syncText(text, { contract, contractFile, contractBytes });
  const difference = lineDifference(text, next);
  if (next !== text && !check) await writeInside(folder, "SKILL.md", next);
  return { drifted: next !== text, difference };
}

/**
 * The text of a `SKILL.md` made to agree with a contract. All else stays as it is, line ends included.
 *
 * @throws CodedError SYNC_REFUSED
 */
export function syncText(text: string, source: SyncSource): string {
  const split = splitFrontMatter(text, "SKILL.md");
  if (split.frontMatter === undefined) throw refuse("SKILL.md", split.findings);
  const yaml = readStrictYaml(split.frontMatter.yaml, {
    file: "SKILL.md",
    firstLine: 2,
    flowStyle: false,
  });
  const value: unknown = yaml.value;
  if (!isMapping(value)) throw refuse("SKILL.md", yaml.findings);
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(/\r?\n/u);
  const front = lines.slice(0, split.frontMatter.bodyLine - 2);
  const body = lines.slice(split.frontMatter.bodyLine - 2);
  const pin = `clawkeep-contract: "${source.contractFile} ${digestBytes(source.contractBytes)}"`;
  pinContract(front, value["metadata"], pin, yaml);
  const name = typeof value["name"] === "string" ? value["name"] : "";
  const begin = body.findIndex((line) => line.trim() === generatedMarkers.begin);
  const stop = body.findIndex((line) => line.trim() === generatedMarkers.end);
  if (begin !== -1 && stop > begin) {
    body.splice(begin, stop - begin + 1, ...generatedPart(name, source.contract).split("\n"));
  }
  return [...front, ...body].join(end);
}

function pinContract(
  front: string[],
  metadata: unknown,
  pin: string,
  yaml: ReturnType<typeof readStrictYaml>,
): void {
  if (metadata === undefined) {
    front.push("metadata:", `  ${pin}`);
    return;
  }
  const at = yaml.locate(["metadata"], "key").line - 1;
  if (!isMapping(metadata) || Object.keys(metadata).length === 0) {
    const message = "expected metadata to be a mapping with keys";
    throw refuse("SKILL.md", [{ code: "SKILL_METADATA", severity: "error", message }]);
  }
  const indent = /^\s*/u.exec(front.slice(at + 1).find((line) => /^\s+[^\s#]/u.test(line)) ?? "  ");
  const line = `${indent?.[0] ?? "  "}${pin}`;
  if (metadata["clawkeep-contract"] === undefined) front.splice(at + 1, 0, line);
  else front[yaml.locate(["metadata", "clawkeep-contract"], "key").line - 1] = line;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(where: string, findings: readonly Finding[]): CodedError {
  return new CodedError({
    code: "SYNC_REFUSED",
    message: `${where}: ${findings.map((finding) => formatFinding(finding)).join("; ")}`,
    hint: "Correct this first: clawkeep-skill check",
  });
}
