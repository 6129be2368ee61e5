import { existsSync } from "node:fs";
import path from "node:path";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { isObject, readOpenClawConfig } from "@clawkeep/openclaw-contract";
import type { JsonObject, OpenClawProgram } from "@clawkeep/openclaw-contract";
import {
  judgeConfig,
  judgeConsistency,
  judgeContainers,
  judgeForeign,
  judgeHardening,
} from "@clawkeep/provision-judges";
import type { JudgedFile, Verdict } from "@clawkeep/provision-judges";
import {
  artifactKindOf,
  expectedAudit,
  expectedLint,
  renderDeployment,
} from "@clawkeep/provision-plan";

import { findingsText, printData, printJson } from "../output/print.ts";
import { deploymentFiles } from "../place/deployment-folder.ts";
import { judgesFolder, openclawFolder } from "../place/openclaw-folder.ts";
import { thisPlace } from "../place/render-place.ts";
import { readNamed, specOrFindings } from "../place/spec-file.ts";

/** Options of `judge` as they were written. */
export interface JudgeOptions {
  readonly openclaw?: string;
  readonly folder?: string;
  readonly judges?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** Asks programs that we did not write about what a spec renders to, or about an existing `openclaw.json`. */
export async function judgeFile(file: string, options: JudgeOptions): Promise<number> {
  const judged = judgedOf(file, options.folder);
  if (judged === undefined) return 1;
  const foreign = await judgeConfig(judged.config, programOf(options.openclaw), {
    file,
    ...(judged.expected === undefined ? {} : { expected: judged.expected }),
    ...(judged.expectedLint === undefined ? {} : { expectedLint: judged.expectedLint }),
  });
  const own =
    judged.files === undefined
      ? []
      : [judgeConsistency, judgeContainers, judgeHardening].map((judge) =>
          judge(judged.files ?? []),
        );
  const programs =
    judged.files === undefined
      ? []
      : await judgeForeign(judged.files, { folders: [judgesFolder(options.judges)] });
  const verdicts = [...foreign, ...programs, ...own];
  const isNo = ({ status }: Verdict): boolean =>
    status === "failed" || (status === "not-judged" && options.strict === true);
  const ok = !verdicts.some(isNo);
  if (options.json === true) {
    printJson({ version: 1, ok, file, verdicts });
    return ok ? 0 : 1;
  }
  for (const { judge, version, status, findings, codes } of verdicts) {
    const name = version === undefined ? judge : `${judge} (${version})`;
    printData(escapeForTerminal(`${status.padEnd(14)} ${name}: ${codes.join(", ") || "nothing"}`));
    if (findings.length > 0) printData(findingsText(findings));
  }
  return ok ? 0 : 1;
}

interface Judged {
  readonly config: JsonObject;
  readonly expected?: readonly string[];
  readonly expectedLint?: readonly string[];
  /** Every file of the deployment, where there is one. */
  readonly files?: readonly JudgedFile[];
}

function judgedOf(file: string, folder: string | undefined): Judged | undefined {
  if (!/\.json5?$/u.test(file)) {
    const spec = specOrFindings(file);
    if (spec === undefined) return undefined;
    const files = folder === undefined ? renderDeployment(spec, thisPlace()) : filesIn(folder);
    const config: unknown = JSON.parse(
      files.find(({ kind }) => kind === "openclaw-config")?.text ?? "{}",
    );
    return {
      config: isObject(config) ? config : {},
      expected: expectedAudit(spec),
      expectedLint: expectedLint(spec),
      files,
    };
  }
  const text = Buffer.from(readNamed(file)).toString("utf8");
  const { config, findings } = readOpenClawConfig(text, file);
  process.stderr.write(findingsText(findings));
  return isObject(config) ? { config } : undefined;
}

/** What lies in a folder, whoever wrote it. */
function filesIn(folder: string): readonly JudgedFile[] {
  const files = [...deploymentFiles(folder)].map(([name, text]) => ({
    path: name,
    kind: artifactKindOf(name) ?? "unknown",
    text,
  }));
  if (files.length > 0) return files;
  throw new CodedError({
    code: "DEPLOYMENT_EMPTY",
    message: `expected files of a deployment in ${folder}, got none`,
    hint: "claw render --out FOLDER writes them.",
  });
}

/** Where the real OpenClaw is: a folder that was named, or the cache. Never what a path variable finds. */
function programOf(named: string | undefined): OpenClawProgram | undefined {
  const folder = openclawFolder(named);
  if (existsSync(path.join(folder, "node_modules", "openclaw", "openclaw.mjs"))) {
    return { node: process.execPath, folder: path.resolve(folder) };
  }
  if (named === undefined) return undefined;
  throw new CodedError({
    code: "OPENCLAW_MISSING",
    message: `expected node_modules/openclaw in ${named}, got none`,
    hint: "npm install --prefix FOLDER --ignore-scripts openclaw@2026.9.6",
  });
}
