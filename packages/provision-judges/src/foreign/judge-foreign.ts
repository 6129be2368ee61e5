import { isCodedError } from "@clawkeep/diagnostics";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { caddyJudge } from "../caddy/judge-caddyfile.ts";
import { composeJudge } from "../compose/judge-compose.ts";
import { hadolintJudge } from "../dockerfile/judge-dockerfile.ts";
import { kicsJudge } from "../kics/judge-kics.ts";
import { plistJudge } from "../launchd/judge-plist.ts";
import { nftablesJudge } from "../nftables/judge-nftables.ts";
import { askProgram } from "../programs/ask-program.ts";
import { findProgram, systemFolders } from "../programs/find-program.ts";
import { promtoolJudge } from "../prometheus/judge-rules.ts";
import { quadletJudge } from "../quadlet/judge-quadlet.ts";
import { shellcheckJudge } from "../shell/judge-shell.ts";
import { squidJudge } from "../squid/judge-squid.ts";
import { unitSecurityJudge } from "../systemd/judge-unit-security.ts";
import { unitSyntaxJudge } from "../systemd/judge-unit-syntax.ts";
import type { Verdict } from "../verdict.ts";
import type { Ask, ForeignJudge } from "./foreign-judge.ts";

/** Every program that is asked, in the order of what is printed. OpenClaw's own commands are `judgeConfig`. */
export const foreignJudges: readonly ForeignJudge[] = [
  composeJudge,
  kicsJudge,
  hadolintJudge,
  unitSyntaxJudge,
  unitSecurityJudge,
  quadletJudge,
  nftablesJudge,
  squidJudge,
  caddyJudge,
  plistJudge,
  shellcheckJudge,
  promtoolJudge,
];

/** Where programs are looked for. */
export interface JudgePlaces {
  /** Folders before the system's own, such as the cache of the stage. */
  readonly folders?: readonly string[];
  /** Names of the judges that are asked; all of them by default. */
  readonly only?: readonly string[];
}

/**
 * Asks every program that this machine has about copies of the files. One that is missing is `not-judged`; one that
 * reads nothing of this deployment is `not-applicable`.
 */
export async function judgeForeign(
  files: readonly JudgedFile[],
  { folders = [], only }: JudgePlaces = {},
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const judge of foreignJudges) {
    if (only !== undefined && !only.includes(judge.name)) continue;
    verdicts.push(await verdictOf(judge, files, [...folders, ...systemFolders]));
  }
  return verdicts;
}

async function verdictOf(
  judge: ForeignJudge,
  files: readonly JudgedFile[],
  folders: readonly string[],
): Promise<Verdict> {
  const read = judge.reads(files);
  const nothing = { judge: judge.name, findings: [], codes: [] };
  if (read.length === 0) return { ...nothing, status: "not-applicable" };
  const program = findProgram(judge.programs, folders);
  if (program === undefined) return { ...nothing, status: "not-judged" };
  const ask: Ask = (question) =>
    askProgram({
      ...question,
      program,
      ...(judge.needs === undefined ? {} : { needs: judge.needs }),
    });
  try {
    const version = await versionOf(judge, ask, program);
    const said = await judge.judge(read, ask, program);
    const isNo = said.findings.some(({ severity }) => severity === "error");
    return {
      judge: judge.name,
      ...(version === undefined ? {} : { version }),
      status: isNo ? "failed" : "passed",
      ...said,
    };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const { code, message, hint } = error;
    return {
      ...nothing,
      status: "not-judged",
      findings: [{ code, severity: "warning", message, ...(hint === undefined ? {} : { hint }) }],
    };
  }
}

const versions = new Map<string, string | undefined>();

async function versionOf(
  { version }: ForeignJudge,
  ask: Ask,
  program: string,
): Promise<string | undefined> {
  if (versions.has(program)) return versions.get(program);
  const { stdout, stderr } = await ask({ argv: version, files: [] });
  const found =
    /[0-9]+(?:\.[0-9]+)+/u.exec(`${stdout}\n${stderr}`)?.[0] ?? /[0-9]+/u.exec(stdout)?.[0];
  versions.set(program, found);
  return found;
}
