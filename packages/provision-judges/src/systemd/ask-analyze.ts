import type { JudgedFile } from "../artifacts/judged-file.ts";
import type { Ask } from "../foreign/foreign-judge.ts";
import type { ProgramAnswer } from "../programs/ask-program.ts";
import { isUserUnit, unitCopy } from "./unit-copy.ts";

/** A unit as systemd read it, under the name that it has there, and what was said. */
export interface Analysis extends ProgramAnswer {
  readonly name: string;
}

/**
 * Asks `systemd-analyze` about one unit, as a manager of its scope would read it.
 *
 * @param beside Units that lie there too, for it may order itself after them.
 */
export async function askAnalyze(
  ask: Ask,
  unit: JudgedFile,
  verb: readonly string[],
  beside: readonly JudgedFile[] = [unit],
): Promise<Analysis> {
  const name = unitCopy(unit).path;
  const answer = await ask({
    argv: [...(isUserUnit(unit.text) ? ["--user"] : []), ...verb, "--no-pager", `./${name}`],
    files: beside.map(unitCopy),
    environment: { XDG_RUNTIME_DIR: "/run" },
  });
  return { ...answer, name };
}
