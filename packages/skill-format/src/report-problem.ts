/** Says what is wrong at a path below the action. */
export type ReportProblem = (
  code: string,
  path: readonly PropertyKey[],
  message: string,
  hint: string,
) => void;
