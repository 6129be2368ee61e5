export type { Expectation, ExpectedRefusal, ExpectedRun, GoldenFile, SkillCase } from "./case.ts";
export type { CaseRunner } from "./case-runner.ts";
export type { OpenRecording, RecordingSource } from "./cassettes/record-services.ts";
export type { ConfirmUpdate } from "./golden-update.ts";
export { readCases } from "./read-cases.ts";
export type { CasesResult } from "./read-cases.ts";
export type {
  ArgumentReport,
  CaseProblem,
  CaseReport,
  GoldenUpdate,
  ProblemCode,
  RunReport,
  SkillReport,
  TestReport,
} from "./report.ts";
export { availableShakes } from "./shaken/available-shakes.ts";
export type { ShakeSurroundings } from "./shaken/available-shakes.ts";
export type { Shake, ShakeSet } from "./shaken/shake.ts";
export { testSkills } from "./test-skills.ts";
export type { TestOptions } from "./test-skills.ts";
