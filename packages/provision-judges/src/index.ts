export { judgeConsistency } from "./artifacts/judge-consistency.ts";
export { judgeContainers } from "./artifacts/judge-containers.ts";
export type { JudgedFile } from "./artifacts/judged-file.ts";
export { judgeForeign } from "./foreign/judge-foreign.ts";
export type { JudgePlaces } from "./foreign/judge-foreign.ts";
export { judgeConfig } from "./openclaw/judge-config.ts";
export type { ConfigJudging } from "./openclaw/judge-config.ts";
export { allPassed } from "./verdict.ts";
export type { Verdict } from "./verdict.ts";
