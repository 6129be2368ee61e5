export { judgeConfig } from "./openclaw/judge-config.ts";
export type { ConfigJudging } from "./openclaw/judge-config.ts";
export { allPassed } from "./verdict.ts";
export type { Verdict } from "./verdict.ts";
