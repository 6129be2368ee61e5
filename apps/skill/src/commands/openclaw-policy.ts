import { lstatSync } from "node:fs";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import {
  installAnswer,
  installRefusal,
  maxRequestBytes,
  readInstallRequest,
} from "@clawkeep/openclaw-approvals";
import type { InstallAnswer, InstallRequest } from "@clawkeep/openclaw-approvals";
import { checkSkill } from "@clawkeep/skill-authoring";
import type { CheckFinding } from "@clawkeep/skill-authoring";

import { printJson } from "../output/print.ts";

/** Options of `openclaw-policy` as they were written. */
export interface OpenclawPolicyOptions {
  readonly requireContract?: boolean;
}

/**
 * Answers one question of OpenClaw's install policy. Whatever is wrong is an answer too, since OpenClaw
 * shows its reason; without one it blocks and says less.
 */
export async function openclawPolicy(options: OpenclawPolicyOptions): Promise<number> {
  printJson(await answer(options));
  return 0;
}

async function answer(options: OpenclawPolicyOptions): Promise<InstallAnswer> {
  try {
    return await judge(readInstallRequest(await readInput()), options);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return installRefusal(`${error.code}: ${error.message}`);
  }
}

async function judge(
  request: InstallRequest,
  { requireContract = false }: OpenclawPolicyOptions,
): Promise<InstallAnswer> {
  const { targetType, sourcePath, isProbe } = request;
  if (targetType !== "skill") {
    return installRefusal(
      `INSTALL_TARGET: expected a skill, got a ${targetType}: set security.installPolicy.targets to ["skill"], or judge it otherwise`,
    );
  }
  if (isProbe) return installRefusal("INSTALL_PROBE: the probe's folder holds no skill");
  if (lstatSync(sourcePath, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return installRefusal("INSTALL_SOURCE: expected a staged folder");
  }
  const { findings } = await checkSkill(sourcePath, ["openclaw"], { runnable: false });
  return installAnswer(
    sourcePath,
    requireContract ? findings.map((finding) => missingContract(finding)) : findings,
  );
}

function missingContract(finding: CheckFinding): CheckFinding {
  return finding.code === "SKILL_CONTRACT_MISSING" ? { ...finding, severity: "error" } : finding;
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > maxRequestBytes) {
      throw new CodedError({
        code: "INSTALL_REQUEST",
        message: `expected a request of at most ${maxRequestBytes} bytes, got more`,
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
