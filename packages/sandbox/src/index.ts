export { sandboxLevels } from "./level.ts";
export type { LevelReport, LevelReports, SandboxLevel } from "./level.ts";
export type { Outcome, Termination } from "./outcome.ts";
export type { Executable, ExecutionPolicy, Limits, Mount } from "./policy.ts";
export type { ResidentProcess } from "./resident-process.ts";
