import path from "node:path";

import { makeAgent } from "./agent.ts";
import type { Checks } from "./checks.ts";
import { makeKeep, makeSocketFolder, skillCommand, tokenOf } from "./keep-service.ts";
import { expectedAudit, securityAudit } from "./security-audit.ts";
import type { Route, Stand } from "./stand.ts";

const documents = {
  "recovery.md": `# Recovery

## Restore

The restore key of the archive lies in the blue cabinet of room 214, second shelf.

## Backups

Backups run every night at three and are kept for ninety days.
`,
};

/** Tools of a skills service of another uid, by HTTP with a token and by a socket. */
export const route: Route = {
  number: 1,
  title: "MCP: local-rag through clawkeep-skill serve, of another uid",
  run,
};

async function run(stand: Stand, checks: Checks): Promise<void> {
  const keep = await makeKeep(stand, "mcp", documents);
  const folder = makeSocketFolder(stand, "run");
  const socket = path.join(folder, "skills.sock");
  await using http = await keep.serve(["--http", "0", "--token", "gateway"]);
  await using bySocket = await keep.serve([
    "--socket",
    socket,
    "--group",
    String(stand.sharedGroup),
  ]);
  const token = tokenOf(keep, "gateway");
  const [node, script] = skillCommand(stand);
  const agent = makeAgent(stand, {
    name: "mcp",
    port: 18_789,
    environment: { KEEP_TOKEN: token },
    overrides: {
      mcp: {
        servers: {
          keephttp: {
            url: http.at,
            transport: "streamable-http",
            headers: { Authorization: "Bearer ${KEEP_TOKEN}" },
          },
          keepsocket: {
            command: node,
            args: [script, "connect", socket, "--owner", String(stand.service.uid)],
          },
        },
      },
    },
  });
  checks.equal("OpenClaw's security audit", await securityAudit(agent), expectedAudit());
  stand.model.script([
    () => ({
      tool: stand.model.offered.find((n) => n.startsWith("keephttp")) ?? "none",
      arguments: { query: "Where is the restore key?", topk: 2 },
    }),
    (outputs) => ({ say: `ANSWER ${outputs.join("|")}` }),
  ]);
  const turn = await agent.exec("Where is the restore key?");
  checks.equal("turn", turn.code, 0);
  void bySocket;
}
