import type { JsonObject } from "../json.ts";
import { agentRules } from "./agent-rules.ts";
import type { ConfigChange, Draft, Rule } from "./draft.ts";
import { gatewayRules } from "./gateway-rules.ts";
import { modelRules } from "./model-rules.ts";
import { secretRules } from "./secret-rules.ts";
import { toolRules } from "./tool-rules.ts";

/** A migrated configuration and what was done to it. */
export interface MigrationResult {
  readonly config: JsonObject;
  /** Empty when the file was of this version already. */
  readonly changes: readonly ConfigChange[];
}

const rules: readonly Rule[] = [
  ...agentRules,
  ...gatewayRules,
  ...toolRules,
  ...modelRules,
  ...secretRules,
];

/**
 * Rewrites the keys of older guides to those of the pinned OpenClaw, and keeps every other key as it is.
 * It runs nothing, follows no path or address of the file, and keeps no secret. Migrating twice changes
 * nothing the second time.
 */
export function migrateConfig(config: JsonObject): MigrationResult {
  const draft: Draft = structuredClone(config);
  const changes: ConfigChange[] = [];
  for (const rule of rules) {
    rule(draft, (path, kind, message) => {
      changes.push({ path, kind, message });
    });
  }
  return { config: draft, changes };
}
