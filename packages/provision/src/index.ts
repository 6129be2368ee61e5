export { applyDeployment, compareDeployment, recoverDeployment } from "./apply/apply.ts";
export type { Applied, ApplyOptions, Desired } from "./apply/apply.ts";
export type { FileChange } from "./apply/plan-changes.ts";
export { rollbackDeployment } from "./apply/rollback.ts";
export type { DeploymentState } from "./apply/state-backup.ts";
export { gatewayGates, tagsGate } from "./health/http-gates.ts";
export type { Place } from "./health/http-gates.ts";
export { turnGate } from "./health/turn-gate.ts";
export { foreignService } from "./managers/kept-service.ts";
export type { ForeignService, KeptService } from "./managers/kept-service.ts";
export { runTool } from "./managers/run-tool.ts";
export type { ToolOptions } from "./managers/run-tool.ts";
export type { DesiredFile } from "./ports/file-port.ts";
export type { HealthGate, ServicePort } from "./ports/service-port.ts";
export { giveToContainer } from "./secrets/container-secret.ts";
export { ensureToken, hasSecret, rotateToken } from "./secrets/ensure-token.ts";
export { interruptedServices, readHistory } from "./store/deployment-store.ts";
export type { HistoryRecord, KeptState } from "./store/record.ts";
export { besideRun, runBeside } from "./supervise/run-beside.ts";
export { openPipes, parsePipe } from "./supervise/pipes.ts";
export { definitionFile, readDefinition } from "./supervise/service-definition.ts";
export type {
  ServiceCage,
  ServiceDefinition,
  ServiceFolder,
} from "./supervise/service-definition.ts";
export { supervise } from "./supervise/supervise.ts";
export { supervisedService } from "./supervise/supervised-service.ts";
export { readCard, writeCard } from "./operate/deployment-card.ts";
export type { DeploymentCard } from "./operate/deployment-card.ts";
export { followLog } from "./operate/follow-log.ts";
export { probeGateway, tokenStatus } from "./operate/gateway-probe.ts";
export { readGatewaySettings } from "./operate/gateway-settings.ts";
export type { GatewaySettings } from "./operate/gateway-settings.ts";
export { openClawEnvironment, openClawProgram, openClawRun } from "./operate/openclaw-command.ts";
export type { OpenClawPlace, ProgramRun } from "./operate/openclaw-command.ts";
export { redactLine } from "./operate/redact-line.ts";
export { rotateGatewayToken } from "./operate/rotate-gateway-token.ts";
export { dashboardLink, writeLinkPage } from "./operate/dashboard-link.ts";
export { checkRequestId, pendingDevices } from "./operate/paired-devices.ts";
export { withMessageBeside, withPrivateMessage } from "./operate/private-message.ts";
export { askProgram, programLines, runOnTerminal } from "./operate/run-program.ts";
export type { BackupManifest } from "./operate/backup/manifest.ts";
export { openBackup } from "./operate/backup/read-backup.ts";
export { finishRestore, restoreState } from "./operate/backup/restore-state.ts";
export { checkBackupTarget, writeBackup } from "./operate/backup/write-backup.ts";
