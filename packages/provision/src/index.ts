export { applyDeployment, compareDeployment } from "./apply/apply.ts";
export type { Applied, ApplyOptions, Desired } from "./apply/apply.ts";
export type { FileChange } from "./apply/plan-changes.ts";
export { rollbackDeployment } from "./apply/rollback.ts";
export type { DesiredFile } from "./ports/file-port.ts";
export type { HealthGate, ServicePort } from "./ports/service-port.ts";
export { ensureToken, hasSecret, rotateToken } from "./secrets/ensure-token.ts";
export { readHistory } from "./store/deployment-store.ts";
export type { HistoryRecord } from "./store/record.ts";
