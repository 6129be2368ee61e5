import { fillIn, isDraft, madeAt, objectAt, take } from "./draft.ts";
import type { Rule } from "./draft.ts";

const exec: Rule = (draft, note) => {
  const settings = objectAt(draft, "tools", "exec");
  if (settings === undefined) return;
  const timeout = take(settings, "timeoutSec");
  if (timeout !== undefined) {
    fillIn(settings, { timeoutSeconds: timeout });
    note("tools.exec.timeoutSec", "moved", "now tools.exec.timeoutSeconds");
  }
  const patch = objectAt(settings, "applyPatch");
  const models = patch === undefined ? undefined : take(patch, "allowedModels");
  if (patch === undefined || models === undefined) return;
  fillIn(patch, { allowModels: models });
  note("tools.exec.applyPatch.allowedModels", "moved", "now tools.exec.applyPatch.allowModels");
};

/** `security` and `ask` are one `mode`; both forms together are an error. */
const mode: Rule = (draft, note) => {
  const settings = objectAt(draft, "tools", "exec");
  if (settings === undefined) return;
  const security = take(settings, "security");
  const ask = take(settings, "ask");
  if (security === undefined && ask === undefined) return;
  if (settings["mode"] === undefined) settings["mode"] = modeOf(security, ask);
  note(
    "tools.exec.security",
    "replaced",
    `security and ask are now tools.exec.mode: ${JSON.stringify(settings["mode"])}`,
  );
};

/** The stricter of the two decides; what is not known is refused. */
function modeOf(security: unknown, ask: unknown): string {
  if (security === "deny") return "deny";
  if (ask === "always" || ask === "on-miss") return "ask";
  if (security === "full") return "full";
  return security === "allowlist" || security === undefined ? "allowlist" : "deny";
}

/** `mcpServers` is now `mcp.servers`; an address without a transport would be taken for SSE. */
const mcp: Rule = (draft, note) => {
  const written = take(draft, "mcpServers");
  if (isDraft(written)) {
    fillIn(madeAt(draft, "mcp", "servers"), written);
    note("mcpServers", "moved", "now mcp.servers: MCP is built in");
  }
  for (const [name, server] of Object.entries(objectAt(draft, "mcp", "servers") ?? {})) {
    if (!isDraft(server) || typeof server["url"] !== "string") continue;
    if (server["transport"] !== undefined) continue;
    server["transport"] = "streamable-http";
    note(`mcp.servers.${name}.transport`, "added", "without it the older SSE protocol is spoken");
  }
};

/** `env: {KEY: …}` is now `env.vars`. */
const environment: Rule = (draft, note) => {
  const written = objectAt(draft, "env");
  if (written === undefined) return;
  const flat = Object.keys(written).filter((key) => /^[A-Z][A-Z0-9_]*$/u.test(key));
  if (flat.length === 0) return;
  const vars = madeAt(written, "vars");
  for (const key of flat) fillIn(vars, { [key]: take(written, key) });
  note("env", "moved", `${flat.join(", ")}: now under env.vars`);
};

const logging: Rule = (draft, note) => {
  const written = objectAt(draft, "logging");
  if (written === undefined || take(written, "redactSensitive") === undefined) return;
  note(
    "logging.redactSensitive",
    "removed",
    "secrets are always redacted; redactPatterns adds more",
  );
};

/** What was said of tools, servers, environment and logs under other names. */
export const toolRules: readonly Rule[] = [exec, mode, mcp, environment, logging];
