export type {
  AgentSandbox,
  AgentsConfig,
  ChannelConfig,
  GatewayAuth,
  GatewayConfig,
  McpServer,
  ModelEntry,
  ModelProvider,
  OpenClawConfig,
  SecretProvider,
  ToolsConfig,
} from "./config.ts";
export { isObject } from "./json.ts";
export type { JsonObject } from "./json.ts";
export type { ConfigChange } from "./migrate/draft.ts";
export { migrateConfig } from "./migrate/migrate-config.ts";
export type { MigrationResult } from "./migrate/migrate-config.ts";
export { readOpenClawConfig } from "./read-config.ts";
export type { ConfigText } from "./read-config.ts";
export type { SecretReference } from "./secret-reference.ts";
export { openClawVersion } from "./version.ts";
export { openOpenClaw } from "./cli/run-openclaw.ts";
export type { OpenClawAnswer, OpenClawProgram, OpenClawSession } from "./cli/run-openclaw.ts";
