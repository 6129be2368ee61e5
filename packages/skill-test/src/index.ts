export type { Expectation, ExpectedRefusal, ExpectedRun, SkillCase } from "./case.ts";
export { readCases } from "./read-cases.ts";
export type { CasesResult } from "./read-cases.ts";
export type {
  CaseProblem,
  CaseReport,
  ProblemCode,
  RunReport,
  SkillReport,
  TestReport,
} from "./report.ts";
export { testSkills } from "./test-skills.ts";
export type { CaseRunner, TestOptions } from "./test-skills.ts";
