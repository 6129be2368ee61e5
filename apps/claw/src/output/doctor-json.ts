import type { DoctorReport, Repaired } from "@clawkeep/provision-doctor";

/**
 * What a doctor says, as the JSON of version 1: docs/doctor.md.
 *
 * @param folder The deployment's folder as it was named.
 */
export function doctorJson(
  { name, form, diagnoses, checks }: DoctorReport,
  repaired: readonly Repaired[],
  folder: string,
): unknown {
  return {
    version: 1,
    ok: diagnoses.length === 0,
    folder,
    name,
    form,
    found: diagnoses.map(({ repairs, ...rest }) => ({ ...rest, canFix: repairs.length > 0 })),
    fixed: repaired.map(({ isDone, ...rest }) => ({ ...rest, done: isDone })),
    checks,
  };
}
