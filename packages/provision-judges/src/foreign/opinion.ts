import type { Finding } from "@clawkeep/diagnostics";

import type { ProgramAnswer } from "../programs/ask-program.ts";
import type { Verdict } from "../verdict.ts";

/** What a judge said, in our words. */
export type Opinion = Pick<Verdict, "findings" | "codes">;

/** Findings with the sorted set of their codes. */
export function opinion(findings: readonly Finding[]): Opinion {
  return { findings, codes: [...new Set(findings.map(({ code }) => code))].toSorted() };
}

/** Several opinions as one. */
export function together(opinions: readonly Opinion[]): Opinion {
  return {
    findings: opinions.flatMap(({ findings }) => findings),
    codes: [...new Set(opinions.flatMap(({ codes }) => codes))].toSorted(),
  };
}

/** One thing that a judge has against a file. Its words are cut, and never hold a path of the copy. */
export function objection(
  code: string,
  file: string,
  message: string,
  severity: Finding["severity"] = "error",
): Finding {
  return {
    code,
    severity,
    message: message.replaceAll(/\S*claw-judge-[A-Za-z0-9]+\/(?:work\/)?/gu, "").slice(0, 400),
    hint: "Ask the program itself about the same file for all of its words.",
    file,
  };
}

/** A no that has to be taken at its word: what the program printed last, when its exit code is not 0. */
export function refusal(
  code: string,
  file: string,
  { exitCode, stdout, stderr }: ProgramAnswer,
): Opinion {
  if (exitCode === 0) return opinion([]);
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  const words = lines.slice(-4).join("; ");
  return opinion([objection(code, file, `exit code ${String(exitCode)}: ${words || "no words"}`)]);
}
