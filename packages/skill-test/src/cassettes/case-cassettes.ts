import { isCodedError } from "@clawkeep/diagnostics";
import type { Action } from "@clawkeep/skill-format";
import type { Execution, Refusal } from "@clawkeep/skill-runtime";

import type { SkillCase } from "../case.ts";
import type { CaseProblem } from "../report.ts";
import { readCassette, writeCassette } from "./cassette-file.ts";
import { cassettePath } from "./cassette-path.ts";
import type { Cassette } from "./cassette.ts";
import { recordServices } from "./record-services.ts";
import type { RecordingSource, ServiceRecording } from "./record-services.ts";

/** The cassettes of a case, or why it cannot be run. */
export type CaseCassettes =
  | { readonly cassettes: readonly Cassette[] }
  | { readonly problems: readonly CaseProblem[] };

/** Reads the cassette of each service that the action of a case names. */
export async function readCassettes(one: SkillCase, action: Action): Promise<CaseCassettes> {
  const cassettes: Cassette[] = [];
  const problems: CaseProblem[] = [];
  for (const service of action.services) {
    const path = cassettePath(one, service);
    try {
      const cassette = await readCassette(path, service);
      if (cassette === undefined) {
        const message = `expected what the service ${service} said in ${path}, and there is no such file; start the service, name it in services.json and record it: skill test --record`;
        problems.push({ code: "CASSETTE_MISSING", message });
      } else cassettes.push(cassette);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      problems.push({
        code: "CASSETTE_MALFORMED",
        message: `${error.message}; ${error.hint ?? ""}`,
      });
    }
  }
  return problems.length > 0 ? { problems } : { cassettes };
}

/** A run that was recorded, and what was written of it. */
export interface RecordedCase {
  readonly result?: Execution | Refusal;
  readonly cassettes: readonly Cassette[];
  readonly written: readonly string[];
  readonly problems: readonly CaseProblem[];
}

/**
 * Runs a case once with the real services and writes its cassettes. Nothing is written when the run
 * does not end with the exit code that the case expects.
 */
export async function recordCase(
  one: SkillCase,
  action: Action,
  source: RecordingSource,
  run: (trial: ServiceRecording["trial"]) => Promise<Execution | Refusal>,
): Promise<RecordedCase> {
  const failed = (message: string, result?: Execution | Refusal): RecordedCase => ({
    ...(result === undefined ? {} : { result }),
    cassettes: [],
    written: [],
    problems: [{ code: "CASSETTE_NOT_RECORDED", message: `nothing was recorded: ${message}` }],
  });
  const { secrets, findings } = await source.secrets(action);
  if (findings.length > 0) return failed(findings.map(({ message }) => message).join("; "));
  const recording = recordServices(action, secrets, source.connect);
  let result: Execution | Refusal;
  try {
    result = await run(recording.trial);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return failed(`${error.message}${error.hint === undefined ? "" : `; ${error.hint}`}`);
  }
  if (!isAsExpected(one, result)) return failed("the run did not end as the case expects", result);
  const heard = recording.cassettes();
  if ("problem" in heard) return failed(heard.problem, result);
  const written: string[] = [];
  for (const cassette of heard.cassettes) {
    const path = cassettePath(one, cassette.service);
    await writeCassette(path, cassette);
    written.push(path);
  }
  return { result, cassettes: heard.cassettes, written, problems: [] };
}

function isAsExpected({ expect }: SkillCase, result: Execution | Refusal): boolean {
  return (
    expect.kind === "run" &&
    result.kind === "execution" &&
    result.exitCode === expect.exitCode &&
    result.terminatedBy === undefined &&
    result.output !== "invalid"
  );
}
