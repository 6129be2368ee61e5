import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import path from "node:path";

import { makeAgent } from "./agent.ts";
import type { Agent } from "./agent.ts";
import type { Config } from "./hardened-config.ts";
import { makeKeep, programs, skillCommand } from "./keep-service.ts";
import type { Keep } from "./keep-service.ts";
import { makeOwnFolder, runAs } from "./principal.ts";
import type { Stand } from "./stand.ts";

/** An agent that may run the launcher of `local-rag`, and nothing else. */
export interface ApprovedAgent {
  readonly agent: Agent;
  /** Log and index, of the gateway's own uid: the exec route has no second principal. */
  readonly keep: Keep;
  /** Written by `clawkeep-skill openclaw-approvals`, then given to root. */
  readonly folder: string;
  readonly launcher: string;
  readonly approvals: string;
}

/** What the exec route needs otherwise than the hardened base: `exec`, which its deny list names twice. */
export const execAllowed: Config = {
  tools: {
    alsoAllow: ["exec", "read"],
    deny: [
      ...["group:automation", "group:ui", "group:nodes", "group:web", "browser"],
      ...["write", "edit", "apply_patch", "sessions_spawn", "sessions_send"],
    ],
  },
};

/** As docs/openclaw.md says: generate as the agent's user, give the folder to root, apply both files. */
export async function approveLocalRag(
  stand: Stand,
  documents: Readonly<Record<string, string>>,
): Promise<ApprovedAgent> {
  const keep = await makeKeep({ ...stand, service: stand.gateway }, "exec-keep", documents);
  const folder = makeOwnFolder(stand.gateway, path.join(stand.world.base, "approved"), 0o755);
  const generated = await runAs(
    stand.gateway,
    [
      ...skillCommand(stand),
      ...["openclaw-approvals", "--into", folder, "--skill", "local-rag"],
      ...["--workspace", keep.workspace, ...programs(stand)],
    ],
    { environment: keep.environment, cwd: keep.workspace },
  );
  if (generated.code !== 0) throw new Error(`openclaw-approvals: ${generated.stderr}`);
  spawnSync("chown", ["-R", "0:0", folder]);
  const agent = makeAgent(stand, { name: "exec", port: 18_796, overrides: execAllowed });
  const approvals = path.join(folder, "approvals.json");
  for (const args of [
    ["approvals", "set", "--file", approvals],
    ["config", "patch", "--file", path.join(folder, "configuration.json")],
  ]) {
    const { code, stderr, stdout } = await agent.run(args);
    if (code !== 0) throw new Error(`openclaw ${args.join(" ")}: ${code}\n${stderr}${stdout}`);
  }
  return { agent, keep, folder, launcher: path.join(folder, "clawkeep-local-rag"), approvals };
}

/** A folder that anybody may write to: what an escape made would be there. */
export function openFolder(stand: Stand, name: string): string {
  const folder = path.join(stand.world.base, name);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  return folder;
}
