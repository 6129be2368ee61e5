import type { Check, Evidence, Look, Repair } from "./check.ts";
import { allChecks } from "./checks/all-checks.ts";
import { openScene } from "./scene/scene.ts";
import type { Scene, Surroundings } from "./scene/scene.ts";

/** What came of one check. */
export interface CheckOutcome {
  readonly id: string;
  readonly status: "passed" | "found" | "not-checked" | "does-not-apply";
  /** Why it could not look, or has nothing to look at. */
  readonly reason?: string;
}

/** One fault, with all that is needed to understand and mend it. */
export interface Diagnosis {
  readonly id: string;
  readonly symptom: string;
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  /** Exact command to type. */
  readonly fix: string;
  /** What `--fix` does; none where a person must decide. */
  readonly repairs: readonly Repair[];
}

/** What a doctor says of a deployment. */
export interface DoctorReport {
  readonly name: string;
  readonly form: Scene["form"];
  readonly diagnoses: readonly Diagnosis[];
  readonly checks: readonly CheckOutcome[];
}

/**
 * Examines a deployment: reads its files, this host and what runs, and changes nothing. A check that could not look is
 * `not-checked`, never passed. Files are bounded, links are not followed, nothing is waited for longer than asked.
 *
 * @throws CodedError `DOCTOR_NOTHING` for a folder without a file of a deployment
 */
export async function examineDeployment(around: Surroundings): Promise<DoctorReport> {
  const scene = openScene(around);
  const diagnoses: Diagnosis[] = [];
  const checks: CheckOutcome[] = [];
  for (const check of allChecks) {
    const { id, symptom, cause } = check;
    const looked = await lookOf(check, scene);
    if ("notChecked" in looked)
      checks.push({ id, status: "not-checked", reason: looked.notChecked });
    else if ("doesNotApply" in looked)
      checks.push({ id, status: "does-not-apply", reason: looked.doesNotApply });
    else {
      checks.push({ id, status: looked.found.length > 0 ? "found" : "passed" });
      for (const { evidence, fix, repairs = [] } of looked.found) {
        diagnoses.push({ id, symptom, cause, evidence, fix, repairs });
      }
    }
  }
  return { name: scene.name, form: scene.form, diagnoses, checks };
}

async function lookOf(check: Check, scene: Scene): Promise<Look> {
  if (check.reads !== "files" && scene.host === undefined)
    return { notChecked: "only files of the deployment are read" };
  if (check.reads === "live" && scene.live === undefined)
    return { notChecked: "nothing that runs is asked" };
  try {
    return await check.look(scene);
  } catch (error) {
    // What a hostile file does to one check must not hide what the others found.
    return {
      notChecked: `the check failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
