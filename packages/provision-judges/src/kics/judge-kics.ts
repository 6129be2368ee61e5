import { existsSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal } from "../foreign/opinion.ts";
import { misread } from "./misread.ts";

/**
 * KICS with its own questions about compose files and Dockerfiles. HIGH, CRITICAL and MEDIUM are a no; what is lower is
 * named. Its questions lie in `kics-assets` beside the program: `queries` and `libraries` of the same release.
 */
export const kicsJudge: ForeignJudge = {
  name: "kics",
  programs: ["kics"],
  version: ["version"],
  reads: ofKind("compose", "dockerfile"),
  judge: async (read, ask, program) => {
    const assets = path.join(path.dirname(program), "kics-assets");
    if (!existsSync(assets)) {
      throw new CodedError({
        code: "KICS_ASSETS_MISSING",
        message: `expected the questions of KICS in ${assets}, got nothing`,
        hint: "Copy assets/queries and assets/libraries of its release there.",
      });
    }
    const answer = await ask({
      argv: [
        "scan",
        ...["--path", "."],
        ...["--queries-path", path.join(assets, "queries")],
        ...["--libraries-path", path.join(assets, "libraries")],
        ...["--type", "DockerCompose,Dockerfile"],
        ...["--report-formats", "json", "--output-path", "../home", "--output-name", "said"],
        ...["--no-progress", "--no-color", "--silent", "--disable-secrets"],
        ...["--ignore-on-exit", "results"],
      ],
      files: read,
      environment: { DISABLE_CRASH_REPORT: "1" },
      answer: "../home/said.json",
    });
    const said: unknown = answer.file === undefined ? undefined : JSON.parse(answer.file);
    if (!isObject(said) || !Array.isArray(said["queries"]))
      return refusal("KICS", read[0]?.path ?? "", { ...answer, exitCode: answer.exitCode || 1 });
    return opinion(said["queries"].filter(isObject).flatMap((one) => findingsOf(one, read)));
  },
};

const noes: ReadonlySet<unknown> = new Set(["CRITICAL", "HIGH", "MEDIUM"]);

function findingsOf(
  { query_name: name, severity, files }: JsonObject,
  read: readonly JudgedFile[],
): readonly Finding[] {
  return (Array.isArray(files) ? files : []).filter(isObject).map((one) => {
    const path = String(one["file_name"]).replace(/^.*\/work\//u, "");
    const actual = String(one["actual_value"]);
    const file = read.find((own) => own.path === path);
    const reason = misread(String(name), actual, file);
    const words = `${String(name)}: line ${String(one["line"])}, ${actual}`;
    return reason === undefined
      ? objection(`KICS_${String(severity)}`, path, words, noes.has(severity) ? "error" : "warning")
      : objection("KICS_MISREAD", path, `${words} (${reason})`, "warning");
  });
}
